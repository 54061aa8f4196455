"""How a page asks before something is lost: by script in the page, else on a page of its own."""

from flask import render_template, request


def is_sure() -> bool:
    """Whether the visitor has said yes already."""
    return request.form.get("sure") == "yes"


def ask(heading: str, sentence: str, *, yes: str, back: str, area: str) -> str:
    """Ask whether to go on with this request, which the button `yes` sends once more.

    `back` is where the visitor goes who says no.
    """
    kept = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in {"sure", "csrf_token"}
    ]
    return render_template(
        "parts/sure.html",
        heading=heading,
        sentence=sentence,
        yes=yes,
        back=back,
        area=area,
        kept=kept,
    )
