"""How pages are rendered: whole, or for HTMX only the part that changes; and refusals."""

from collections.abc import Iterator

from flask import Response, current_app, g, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from flashsms.services.errors import DomainError, NotFound

_HEADINGS = {
    400: "That cannot be read",
    403: "Not allowed",
    404: "Not found",
    405: "Not like this",
    413: "Too large",
    500: "Something broke",
}
_SENTENCES = {
    400: "The page sent something that cannot be read. Go back, reload it and try again.",
    404: "There is no such page. It may have been moved or deleted.",
    405: "This address cannot be opened like that. Go back and use the buttons of the page.",
    413: "That is too large to send. Files may have up to 100 MB.",
    500: "This is our fault, and it is in our log as {request_id}. Try again in a minute.",
}
_WORDS = {"message_unknown": "There is no such campaign in this account."}  # not those of the API
_OTHERWISE = "That did not work"
_ASKED_AMISS = "The page was open for too long, or in another session. Reload it and try again."


def render(page: str, partial: str | None = None, **values: object) -> str:
    """Render `page`, or its `partial` alone when HTMX asks to replace that."""
    return render_template(partial if partial and by_htmx() else page, **values)


def by_htmx() -> bool:
    """Whether HTMX asks for a part of a page; going back, it asks for whole pages."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def csv_file(name: str, pieces: Iterator[str]) -> Response:
    """Answer with a file that is read while it is sent."""
    named = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(stream_with_context(pieces), mimetype="text/csv", headers=named)


def answer_error(error: DomainError) -> ResponseReturnValue:
    """Show a refusal that no form of the page could show."""
    heading = _HEADINGS[404] if isinstance(error, NotFound) else None
    return _refuse(error.status, _WORDS.get(error.code, error.sentence), heading)


def answer_http_error(error: HTTPException) -> ResponseReturnValue:
    """Show an error of Flask's own, such as an unknown address, or a crash."""
    plain = error.get_response()
    if plain.status_code < 400:  # a redirect
        return error
    wanted = _ASKED_AMISS if isinstance(error, CSRFError) else _SENTENCES.get(plain.status_code)
    sentence = (wanted or f"{error.description}").format(request_id=g.get("request_id"))
    body, status, headers = _refuse(plain.status_code, sentence)
    kept = {"Allow": plain.headers["Allow"]} if "Allow" in plain.headers else {}
    return body, status, headers | kept


def _refuse(
    status: int, sentence: str, heading: str | None = None
) -> tuple[str, int, dict[str, str]]:
    """Show a page of its own, or for HTMX a line above what is on the page already."""
    if by_htmx():
        where = {"HX-Retarget": "#flashes", "HX-Reswap": "outerHTML"}
        return _render_alone("parts/_flashes.html", refusal=sentence), status, where
    shown = heading or _HEADINGS.get(status, _OTHERWISE)
    return _render_alone("error.html", heading=shown, sentence=sentence), status, {}


def _render_alone(template: str, **values: str) -> str:
    """Render without asking who is signed in: the database may be what broke."""
    return current_app.jinja_env.get_template(template).render(**values)
