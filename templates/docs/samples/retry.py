import http.client
import json
import random
import time
import urllib.error
import urllib.request

API = "https://sms.example.com/api/v1"
KEY = "bms_test_your_api_key"
WORTH_ANOTHER_TRY = {429, 500, 502, 503, 504}


def post(path, body, idempotency_key):
    headers = {
        "Authorization": f"Bearer {KEY}",
        "Content-Type": "application/json",
        "Idempotency-Key": idempotency_key,
    }
    for attempt in range(6):
        wait = 0.5 * 2**attempt * random.uniform(0.5, 1)  # seconds
        request = urllib.request.Request(API + path, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code not in WORTH_ANOTHER_TRY:
                return json.load(error)
            asked = error.headers.get("Retry-After", "")
            wait = max(wait, int(asked) if asked.isdecimal() else 0)
        except (OSError, http.client.HTTPException):
            pass  # no answer: it may have been accepted, and the same key makes asking again safe
        time.sleep(wait)
    raise SystemExit("No answer after six tries. Try again later, with the same key.")


order = {"recipients": ["0240000001"], "message": "Order 1017 is on its way."}
answer = post("/sms/send", order, "order-1017")
if answer["success"]:
    print("Accepted as", answer["data"]["messageId"])
elif answer["code"] == "insufficient_credits":
    print("Buy credits first.")
else:
    print(f"{answer['code']}: {answer['error']} ({answer['requestId']})")
