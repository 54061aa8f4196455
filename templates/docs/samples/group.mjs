const API = "https://sms.example.com/api/v1";
const KEY = "bms_test_your_api_key";

const response = await fetch(`${API}/sms/send`, {
  method: "POST",
  headers: { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json" },
  body: JSON.stringify({ groupId: "your_group_id", message: "We open at nine on Saturday." }),
});
const answer = await response.json();
if (!answer.success) throw new Error(`${answer.code}: ${answer.error}`);

console.log(`On its way to ${answer.data.recipientsSent} people as ${answer.data.messageId}`);
