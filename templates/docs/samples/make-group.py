import json
import urllib.error
import urllib.request

API = "https://sms.example.com/api/v1"
KEY = "bms_test_your_api_key"

group = {"name": "Regulars"}
request = urllib.request.Request(
    f"{API}/contacts/groups",
    data=json.dumps(group).encode(),
    headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
)
try:
    with urllib.request.urlopen(request, timeout=10) as response:
        data = json.load(response)["data"]
except urllib.error.HTTPError as error:
    answer = json.load(error)
    raise SystemExit(f"{answer['code']}: {answer['error']}")

print("The group is", data["id"])
