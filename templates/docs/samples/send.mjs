const API = "https://sms.example.com/api/v1";
const KEY = "bms_test_your_api_key";

const response = await fetch(`${API}/sms/send`, {
  method: "POST",
  headers: { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json" },
  body: JSON.stringify({ recipients: ["0240000001"], message: "Hello from my program!" }),
});
const answer = await response.json();
if (!answer.success) throw new Error(`${answer.code}: ${answer.error}`);

console.log(`Accepted as ${answer.data.messageId}`);
console.log(`Credits used: ${answer.data.creditsUsed}`);
