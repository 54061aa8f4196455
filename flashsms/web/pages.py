"""How pages are rendered: whole, or for HTMX only the part that changes; and their icons."""

from functools import cache
from pathlib import Path

from flask import Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from flashsms.services.errors import DomainError, NotFound

_ICONS = "vendor/tabler-icons"


def render(page: str, partial: str | None = None, **values: object) -> str:
    """Render `page`, or its `partial` alone when HTMX asks to replace that."""
    wanted = partial if partial and "HX-Request" in request.headers else page
    return render_template(wanted, **values)


def icon(name: str) -> Markup:
    """Return an icon of static/vendor/tabler-icons: decoration, hidden from screen readers."""
    return _read(str(current_app.static_folder), name)


@cache
def _read(static: str, name: str) -> Markup:
    drawing = Path(static, _ICONS, f"{name}.svg").read_text()
    return Markup(drawing.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1))  # noqa: S704


def answer_error(error: DomainError) -> ResponseReturnValue:
    """Show a refusal that no form of the page could show."""
    heading = "Not found" if isinstance(error, NotFound) else "That did not work"
    return render_template("error.html", heading=heading, sentence=error.sentence), error.status


def init_app(app: Flask) -> None:
    """Give templates the icons."""
    app.add_template_global(icon)
