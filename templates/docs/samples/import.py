import json
import urllib.error
import urllib.request

API = "https://sms.example.com/api/v1"
KEY = "bms_test_your_api_key"

book = {
    "groupId": "your_group_id",
    "contacts": [
        {"phone": "0240000001", "firstName": "Esi", "customFields": {"town": "Kumasi"}},
        {"phone": "0200000001", "firstName": "Kojo"},
    ],
}
request = urllib.request.Request(
    f"{API}/contacts/import",
    data=json.dumps(book).encode(),
    headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
)
try:
    with urllib.request.urlopen(request, timeout=10) as response:
        data = json.load(response)["data"]
except urllib.error.HTTPError as error:
    answer = json.load(error)
    raise SystemExit(f"{answer['code']}: {answer['error']}")

print(f"New: {data['created']}, known already: {data['skipped']}")
for contact in data["invalidContacts"]:
    print(f"Contact {contact['index']}: {contact['error']}")
