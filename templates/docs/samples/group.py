import json
import urllib.error
import urllib.request

API = "https://sms.example.com/api/v1"
KEY = "bms_test_your_api_key"

order = {"groupId": "your_group_id", "message": "We open at nine on Saturday."}
request = urllib.request.Request(
    f"{API}/sms/send",
    data=json.dumps(order).encode(),
    headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
)
try:
    with urllib.request.urlopen(request, timeout=10) as response:
        data = json.load(response)["data"]
except urllib.error.HTTPError as error:
    answer = json.load(error)
    raise SystemExit(f"{answer['code']}: {answer['error']}")

print("On its way to", data["recipientsSent"], "people as", data["messageId"])
