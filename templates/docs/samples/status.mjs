const API = "https://sms.example.com/api/v1";
const KEY = "bms_test_your_api_key";
const MESSAGE_ID = "your_message_id";

const response = await fetch(`${API}/sms/${MESSAGE_ID}/recipients`, {
  headers: { Authorization: `Bearer ${KEY}` },
});
const answer = await response.json();
if (!answer.success) throw new Error(`${answer.code}: ${answer.error}`);

for (const { phone, status, reason } of answer.data.recipients) {
  console.log(phone, status, reason ?? "");
}
console.log(`Still under way: ${answer.data.stats.pending}`);
