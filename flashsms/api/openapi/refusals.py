"""What each code of a refusal means: its status, and a sentence as the API says it."""

from collections.abc import Iterable
from typing import Any

from flashsms.api.describing import Description

WHEN = {
    400: "Something in the request is wrong: the sentence names it. Nothing was sent or stored.",
    401: "The API key is missing, cannot be read, or opens nothing.",
    402: "The account has too few credits. Nothing was sent or charged.",
    403: "The API key lacks the scope, or the account is suspended.",
    404: "The account has no such thing, or there is no such endpoint.",
    409: "What was asked for contradicts an earlier request.",
    413: "The body is too large.",
    415: "The body is not sent as `application/json`.",
    429: "The key made too many requests within a minute. Wait `Retry-After` seconds.",
    500: "Something broke on our side. Repeat a call that creates under its Idempotency-Key.",
}

ALWAYS = (
    "key_missing",
    "key_malformed",
    "key_invalid",
    "scope_missing",
    "account_suspended",
    "rate_limited",
)
CRASHED = "internal_error"
WITH_BODY = ("invalid_request", "bad_json", "too_large", "not_json")
WITH_QUERY = ("invalid_request",)
WITH_ID = ("unknown_route",)  # where the id has a slash
ONCE = ("bad_idempotency_key", "idempotency_key_reused")

CODES: dict[str, tuple[int, str]] = {
    "invalid_request": (400, "recipients[3] must be a string in quotes."),
    "bad_json": (400, "The body must be a JSON object, in curly brackets."),
    "bad_idempotency_key": (
        400,
        "Idempotency-Key must have 1 to 255 characters and no control characters, such as a UUID.",
    ),
    "bad_message": (400, "message must not be empty."),
    "unknown_variable": (
        400,
        "variables: the message has no placeholder {{code}}. Its placeholders are: none.",
    ),
    "no_recipients": (
        400,
        "There is nobody to send to: name a phone number in recipients, or groups or contacts "
        "that are not empty.",
    ),
    "too_many_recipients": (
        400,
        "recipients and contactIds list 1,200 together; one request may list at most 1,000. Send "
        "several requests, or put the contacts into a group.",
    ),
    "too_many_tests": (
        400,
        "Test keys of this account may send to 10,000 recipients in 24 hours. Wait, or send to "
        "fewer.",
    ),
    "no_sender": (
        400,
        "This account has no approved sender ID. Request one from the operator of this "
        "installation.",
    ),
    "sender_not_approved": (
        400,
        "senderId 'MyBrand' is not approved yet. Use one from GET /api/v1/sender-ids.",
    ),
    "schedule_in_past": (
        400,
        "scheduleDate is in the past. Give a later time, or leave it out to send now.",
    ),
    "bad_contact": (
        400,
        "phone: '12' cannot be sent to. Mobile numbers of Ghana look like 0201234567 or "
        "233201234567; other countries are for the operator to allow.",
    ),
    "contact_exists": (
        400,
        "phone: 233201234567 already belongs to the contact cnt_mwsfbg9f8e6b581a86c3. Change that "
        "one instead.",
    ),
    "too_many_contacts": (
        400,
        "contacts has 12,000 entries; one request may have at most 10,000. Split them over "
        "several.",
    ),
    "bad_search": (400, "search may have at most 100 characters."),
    "bad_group": (400, "name must not be empty."),
    "group_exists": (400, "name: there is a group 'VIP' already. Choose another name."),
    "too_many_groups": (
        400,
        "An account may have at most 1,000 groups. Delete one that is not needed.",
    ),
    "bad_template": (400, "content must not be empty."),
    "template_exists": (400, "name: there is a template 'Welcome' already. Choose another name."),
    "too_many_templates": (
        400,
        "An account may have at most 1,000 templates. Delete one that is not needed.",
    ),
    "bad_url": (400, "url: it must be a URL such as https://example.com/hooks."),
    "bad_webhook": (
        400,
        "events: 'message.eaten' is no event. Choose from message.sent, message.completed.",
    ),
    "too_many_webhooks": (
        400,
        "An account may have at most 10 webhooks. Delete one that is not needed.",
    ),
    "webhook_paused": (
        400,
        "This webhook is paused, so nothing is sent to it. Resume it first; by the API that is "
        "PATCH with paused as false.",
    ),
    "key_missing": (
        401,
        "This endpoint needs an API key. Send `Authorization: Bearer bms_live_...` or "
        "`X-API-Key: bms_live_...`.",
    ),
    "key_malformed": (
        401,
        "The Authorization header holds no readable key. Send `Authorization: Bearer "
        "bms_live_...` or `X-API-Key: bms_live_...`.",
    ),
    "key_invalid": (
        401,
        "This API key is unknown, revoked or expired. Make a new one, or ask for one.",
    ),
    "insufficient_credits": (
        402,
        "This message needs 240 credits and the account has 12. Buy credits or send to fewer "
        "recipients.",
    ),
    "scope_missing": (
        403,
        "This API key lacks the permission {scope}. Use a key that has it, or make one.",
    ),
    "account_suspended": (
        403,
        "This account is suspended: unpaid. Ask the operator of this installation.",
    ),
    "message_unknown": (
        404,
        "There is no message 'cmjveqxgf0001jr04abc12345'. Use the messageId that sending answered.",
    ),
    "contact_unknown": (404, "There is no contact 'cnt_mwsfbg9f8e6b581a86c3' in this account."),
    "group_unknown": (404, "There is no group 'grp_mwsfbhgk05a816a873a2' in this account."),
    "template_unknown": (404, "There is no template 'tpl_mwsfbj2m7c41d09b5e8f' in this account."),
    "webhook_unknown": (404, "There is no webhook 'whk_mwsfbg2d5a8c0e7f4b91' in this account."),
    "delivery_unknown": (
        404,
        "There is no delivery 'dlv_mwsfbp5n9d4b7e2a6c08' of this webhook. It may be forgotten.",
    ),
    "unknown_route": (
        404,
        "There is no such endpoint. Check the path; it starts with /api/v1/.",
    ),
    "idempotency_key_reused": (
        409,
        "Idempotency-Key 'invoice-1017' was used for another request within the last 24 hours. "
        "Use a new key for each new request.",
    ),
    "too_large": (413, "The body is larger than 1 MiB. Send less at a time."),
    "not_json": (415, "The body must be JSON: send Content-Type: application/json."),
    "rate_limited": (
        429,
        "This key made more than 100 requests within a minute. Wait 17 seconds, then back off "
        "further with every 429.",
    ),
    "internal_error": (
        500,
        "Something broke on our side. Contact support and give them the requestId.",
    ),
}


def of(described: Description, *, has_id: bool) -> list[str]:
    """Return the codes that a view with a key can refuse with, the commonest first."""
    found = [
        *(WITH_BODY if described.body else ()),
        *(WITH_QUERY if described.query else ()),
        *(ONCE if described.once else ()),
        *described.refuses,
        *(WITH_ID if has_id else ()),
        *ALWAYS,
        CRASHED,
    ]
    return list(dict.fromkeys(found))


def responses(codes: Iterable[str], scope: str) -> dict[str, dict[str, Any]]:
    """Return the refusals of one operation by their status, with an example of each code."""
    found: dict[int, dict[str, Any]] = {}
    for code in codes:
        status, sentence = CODES[code]
        body = {
            "success": False,
            "error": sentence.replace("{scope}", scope),
            "code": code,
            "requestId": "req_5f0c6b8f0e4d2a91",
        }
        found.setdefault(status, {})[code] = {"value": body}
    return {str(status): _response(status, examples) for status, examples in sorted(found.items())}


def _response(status: int, examples: dict[str, Any]) -> dict[str, Any]:
    names = ["X-Request-Id", *{401: ["WWW-Authenticate"], 429: ["Retry-After"]}.get(status, [])]
    if status != 401:
        names += ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"]
    return {
        "description": WHEN[status],
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {
            "application/json": {
                "schema": {"$ref": "#/components/schemas/Error"},
                "examples": examples,
            }
        },
    }
