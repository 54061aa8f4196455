"""The API's description of itself, for tools; nobody needs a key to read it."""

import hashlib
from typing import Any

import orjson
from flask import Response, current_app, request

from flashsms.api.blueprint import bp
from flashsms.api.openapi import collection


@bp.get("/openapi.json")
def openapi() -> Response:
    """Describe this API in the form of OpenAPI 3.1."""
    return _answer(current_app.extensions["openapi"]())


@bp.get("/postman.json")
def postman() -> Response:
    """Describe this API as a collection for Postman.

    Set its variable `apiKey`, and every operation can be tried.
    """
    return _answer(collection(current_app.extensions["openapi"]()))


def _answer(document: dict[str, Any]) -> Response:
    response = Response(orjson.dumps(document), mimetype="application/json")
    response.set_etag(hashlib.sha256(response.data).hexdigest()[:32])
    response.cache_control.no_cache = True  # keep it, but ask whether it is still the same
    response.make_conditional(request)
    return response
