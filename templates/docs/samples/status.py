import json
import urllib.error
import urllib.request

API = "https://sms.example.com/api/v1"
KEY = "bms_test_your_api_key"
MESSAGE_ID = "your_message_id"

request = urllib.request.Request(
    f"{API}/sms/{MESSAGE_ID}/recipients", headers={"Authorization": f"Bearer {KEY}"}
)
try:
    with urllib.request.urlopen(request, timeout=10) as response:
        data = json.load(response)["data"]
except urllib.error.HTTPError as error:
    answer = json.load(error)
    raise SystemExit(f"{answer['code']}: {answer['error']}")

for recipient in data["recipients"]:
    print(recipient["phone"], recipient["status"], recipient["reason"] or "")
print("Still under way:", data["stats"]["pending"])
