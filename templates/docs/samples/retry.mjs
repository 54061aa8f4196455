const API = "https://sms.example.com/api/v1";
const KEY = "bms_test_your_api_key";
const WORTH_ANOTHER_TRY = [429, 500, 502, 503, 504];

async function post(path, body, idempotencyKey) {
  for (let attempt = 0; attempt < 6; attempt++) {
    let wait = 500 * 2 ** attempt * (0.5 + Math.random() / 2); // milliseconds
    try {
      const response = await fetch(API + path, {
        method: "POST",
        headers: {
          Authorization: `Bearer ${KEY}`,
          "Content-Type": "application/json",
          "Idempotency-Key": idempotencyKey,
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
      });
      if (!WORTH_ANOTHER_TRY.includes(response.status)) return await response.json();
      wait = Math.max(wait, 1000 * (Number(response.headers.get("Retry-After")) || 0));
    } catch {
      // No answer: it may have been accepted, and the same key makes asking again safe.
    }
    await new Promise((done) => setTimeout(done, wait));
  }
  throw new Error("No answer after six tries. Try again later, with the same key.");
}

const order = { recipients: ["0240000001"], message: "Order 1017 is on its way." };
const answer = await post("/sms/send", order, "order-1017");
if (answer.success) {
  console.log(`Accepted as ${answer.data.messageId}`);
} else if (answer.code === "insufficient_credits") {
  console.log("Buy credits first.");
} else {
  console.log(`${answer.code}: ${answer.error} (${answer.requestId})`);
}
