"""Where providers report to: no session, no token of a form, a secret in the address."""

from urllib.parse import parse_qsl

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue

from flashsms.carriers.http.provider import Call, Step
from flashsms.services import callbacks
from flashsms.services.errors import DomainError
from flashsms.web import bp
from flashsms.web.session import csrf

LARGEST = 64 * 1024  # bytes of a call; the longest text has some thousand characters
_URLENCODED = "application/x-www-form-urlencoded"
_AGAIN_AFTER = 30  # seconds


@bp.route("/callbacks/<carrier_id>/<secret>/<any(receipts, inbound):step>", methods=["GET", "POST"])
@csrf.exempt
def take_callback(carrier_id: str, secret: str, step: str) -> ResponseReturnValue:
    """Take what a provider tells, and say so once it is stored."""
    request.max_content_length = LARGEST
    try:
        heard = callbacks.hear(carrier_id, secret, _call(Step(step)))
    except DomainError as error:
        again = {"Retry-After": str(_AGAIN_AFTER)} if error.status == 503 else {}
        return Response(f"{error.sentence}\n", error.status, again, mimetype="text/plain")
    return Response(heard.body, 200, content_type=heard.content_type)


def _call(step: Step) -> Call:
    """Return the request as the provider made it: to our public address, its fields in order."""
    body = request.get_data()
    query = request.query_string.decode("latin-1")
    address = f"{current_app.config['PUBLIC_URL']}{request.path}"
    return Call(
        step=step,
        method=request.method,
        url=f"{address}?{query}" if query else address,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=_fields(query),
        form=_form(body),
        body=body,
    )


def _form(body: bytes) -> list[tuple[str, str]]:
    if request.mimetype == _URLENCODED:
        return _fields(body.decode("latin-1"))
    return list(request.form.items(multi=True))


def _fields(encoded: str) -> list[tuple[str, str]]:
    return parse_qsl(encoded, keep_blank_values=True, errors="replace")
