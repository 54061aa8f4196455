"""What the document says in words of its own, and the shapes that no view answers by itself."""

from typing import Any

VERSION = "1.0.0"  # of what the API promises, which only grows

ABOUT = """\
Send texts to people, manage the address book, and follow every message and every credit.

**Keys.** Give a key with each call, in `Authorization: Bearer bms_live_...` or in `X-API-Key`. A
key carries scopes, and each operation names the one that it needs.

**Answers.** A call that works answers 200 with `{"success": true, "data": ...}`. Anything else is
`{"success": false, "error": ..., "code": ..., "requestId": ...}`: `error` is for people and may be
reworded, `code` is for programs and stays, `details` is there when several things are wrong. A
status from 400 to 499 means that the call sent, charged and stored nothing.

**Types** are exact: a number is no string, and a field that does not exist is refused. `null` is
the same as leaving a field out, except in a change of a contact, where it clears. Times are UTC, to
the second.

**Once.** With an `Idempotency-Key` a call that creates something can be repeated safely for 24
hours.

**Limits.** Each key may make 100 requests in any 60 seconds unless the operator says otherwise; the
`RateLimit-*` headers say where it stands. A body may have 1 MiB, an import 8 MiB.

**Elsewhere.** A path that does not exist answers 404 `unknown_route`, a method that a path does not
take 405 `method_not_allowed` with an `Allow` header. Every GET also answers HEAD."""

BEARER = "An API key, as `Authorization: Bearer bms_live_...`. It needs the scope of the operation."
API_KEY = "The same key in a header of its own; `Authorization` counts if both are there."

TAGS = {  # by the module of the views, in the order of the document
    "sms": "Sending",
    "messages": "Messages",
    "contacts": "Contacts",
    "groups": "Groups",
    "templates": "Templates",
    "senders": "Sender IDs",
    "account": "Balance",
    "transactions": "Transactions",
    "webhooks": "Webhooks",
    "documents": "Documents",
}

ERROR: dict[str, Any] = {
    "type": "object",
    "description": "What every refusal and every failure answers.",
    "properties": {
        "success": {"const": False, "description": "Always false."},
        "error": {
            "type": "string",
            "description": "What is wrong and what to do, for people. It may be reworded.",
        },
        "code": {
            "type": "string",
            "pattern": "^[a-z0-9_]+$",
            "description": "What is wrong, for programs. It stays.",
        },
        "details": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 2,
            "description": "Each fault in a sentence, where there are several.",
        },
        "requestId": {
            "type": "string",
            "pattern": "^[A-Za-z0-9._-]{1,64}$",
            "description": "Names this request in the log, and is its `X-Request-Id` too.",
        },
    },
    "required": ["success", "error", "code", "requestId"],
    "additionalProperties": False,
}

# What the documents themselves answer.
PUBLIC: dict[str, Any] = {
    "200": {
        "description": "The document.",
        "headers": {
            "ETag": {"description": "Changes with it.", "schema": {"type": "string"}},
            "X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"},
        },
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    "304": {"description": "It is still what `If-None-Match` names."},
}
