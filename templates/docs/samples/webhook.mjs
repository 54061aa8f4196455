import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const SECRET = "whsec_your_secret";
const PORT = process.env.PORT ?? 4000;

function isGenuine(headers, body) {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  const age = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!(age <= 300)) return false; // seconds: whatever is older may be a recording
  const key = Buffer.from(SECRET.replace("whsec_", ""), "base64");
  const ours = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest();
  return (headers["webhook-signature"] ?? "").split(" ").some((signature) => {
    const theirs = Buffer.from(signature.replace("v1,", ""), "base64");
    return theirs.length === ours.length && timingSafeEqual(theirs, ours);
  });
}

createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const body = Buffer.concat(pieces); // the bytes as they came: do not parse and write them anew
  if (!isGenuine(request.headers, body)) {
    response.writeHead(401).end();
    return;
  }
  for (const { id, type, data } of JSON.parse(body).events) {
    console.log(id, type, JSON.stringify(data)); // put it into a queue of yours, by its id
  }
  response.writeHead(204).end();
}).listen(PORT, () => console.log(`Listening on port ${PORT}`));
