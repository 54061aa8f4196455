"""What the API answers: the envelope of a success, times in UTC with a Z, the page of a list."""

from typing import Any

import orjson
from flask import Response

from flashsms.models import ApiKey, Message
from flashsms.services.history import Page

_STYLE = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


def encode(body: dict[str, Any]) -> bytes:
    """Encode as JSON; aware times become `2024-12-21T10:30:00Z`."""
    return orjson.dumps(body, option=_STYLE)


def success(data: dict[str, Any]) -> bytes:
    """Encode the envelope of a success around `data`."""
    return encode({"success": True, "data": data})


def respond(body: bytes | str) -> Response:
    """Answer 200 with a body that is encoded already."""
    return Response(body, mimetype="application/json")


def answer(data: dict[str, Any]) -> Response:
    """Answer 200 with `data` in the envelope of a success."""
    return respond(success(data))


def mark_test(of: ApiKey | Message) -> dict[str, bool]:
    """Return what an answer about a test says besides; nothing for what is none."""
    return {"test": True} if of.is_test else {}


def pagination(page: Page[Any]) -> dict[str, Any]:
    """Return where `page` stands in its list."""
    return {
        "page": page.page,
        "limit": page.limit,
        "total": page.total,
        "totalPages": page.total_pages,
        "hasMore": page.has_more,
    }
