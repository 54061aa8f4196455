import json
import urllib.error
import urllib.request

API = "https://sms.example.com/api/v1"
KEY = "bms_test_your_api_key"


def send(order):
    request = urllib.request.Request(
        f"{API}/sms/send",
        data=json.dumps(order).encode(),
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)["data"]
    except urllib.error.HTTPError as error:
        answer = json.load(error)
        raise SystemExit(f"{answer['code']}: {answer['error']}")


order = {
    "recipients": ["0240000001", "0270000001"],
    "message": "Hi {{firstName|there}}, your {{item}} is ready.",
    "variables": {"item": "dress"},
}
preview = send({**order, "dryRun": True})
for sample in preview["message"]["samples"]:
    print(f"{sample['phone']}: {sample['message']}")
print("Price:", preview["creditsRequired"], "credits")

sent = send(order)
print("Accepted as", sent["messageId"])
