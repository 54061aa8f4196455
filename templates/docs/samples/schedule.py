import json
import urllib.error
import urllib.request

API = "https://sms.example.com/api/v1"
KEY = "bms_test_your_api_key"

order = {
    "recipients": ["0240000001"],
    "message": "Your appointment is today at noon.",
    "isScheduled": True,
    "scheduleDate": "2030-01-31T09:00:00Z",
}
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

print(data["messageId"], "leaves at", data["scheduleDate"])
