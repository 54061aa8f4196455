const API = "https://sms.example.com/api/v1";
const KEY = "bms_test_your_api_key";

async function send(order) {
  const response = await fetch(`${API}/sms/send`, {
    method: "POST",
    headers: { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json" },
    body: JSON.stringify(order),
  });
  const answer = await response.json();
  if (!answer.success) throw new Error(`${answer.code}: ${answer.error}`);
  return answer.data;
}

const order = {
  recipients: ["0240000001", "0270000001"],
  message: "Hi {{firstName|there}}, your {{item}} is ready.",
  variables: { item: "dress" },
};
const preview = await send({ ...order, dryRun: true });
for (const { phone, message } of preview.message.samples) console.log(`${phone}: ${message}`);
console.log(`Price: ${preview.creditsRequired} credits`);

const sent = await send(order);
console.log(`Accepted as ${sent.messageId}`);
