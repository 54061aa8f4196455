const API = "https://sms.example.com/api/v1";
const KEY = "bms_test_your_api_key";

const response = await fetch(`${API}/contacts/import`, {
  method: "POST",
  headers: { Authorization: `Bearer ${KEY}`, "Content-Type": "application/json" },
  body: JSON.stringify({
    groupId: "your_group_id",
    contacts: [
      { phone: "0240000001", firstName: "Esi", customFields: { town: "Kumasi" } },
      { phone: "0200000001", firstName: "Kojo" },
    ],
  }),
});
const answer = await response.json();
if (!answer.success) throw new Error(`${answer.code}: ${answer.error}`);

const { created, skipped, invalidContacts } = answer.data;
console.log(`New: ${created}, known already: ${skipped}`);
for (const { index, error } of invalidContacts) console.log(`Contact ${index}: ${error}`);
