const API = "https://sms.example.com/api/v1";
const KEY = "bms_test_your_api_key";

const response = await fetch(`${API}/balance`, { headers: { Authorization: `Bearer ${KEY}` } });
const answer = await response.json();
if (!answer.success) throw new Error(`${answer.code}: ${answer.error}`);

console.log(`${answer.data.accountName} has ${answer.data.balance} credits`);
