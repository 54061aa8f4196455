const API = "https://sms.example.com/api/v1";
const KEY = "bms_test_your_api_key";

const response = await fetch(`${API}/sms/send`, {
  method: "POST",
  headers: { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json" },
  body: JSON.stringify({
    recipients: ["0240000001"],
    message: "Your appointment is today at noon.",
    isScheduled: true,
    scheduleDate: "2030-01-31T09:00:00Z",
  }),
});
const answer = await response.json();
if (!answer.success) throw new Error(`${answer.code}: ${answer.error}`);

console.log(`${answer.data.messageId} leaves at ${answer.data.scheduleDate}`);
