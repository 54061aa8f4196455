"""What templates show things with: icons, numbers, times in the account's timezone."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, current_app
from flask_login import current_user
from markupsafe import Markup

_ICONS = "vendor/tabler-icons"


def init_app(app: Flask) -> None:
    """Give templates the icons and the filters."""
    app.add_template_global(icon)
    app.add_template_filter(number)
    app.add_template_filter(counted)
    app.add_template_filter(when)
    app.add_template_filter(day)


def icon(name: str) -> Markup:
    """Return an icon of static/vendor/tabler-icons: decoration, hidden from screen readers."""
    return _read(str(current_app.static_folder), name)


@cache
def _read(static: str, name: str) -> Markup:
    drawing = Path(static, _ICONS, f"{name}.svg").read_text()
    return Markup(drawing.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1))  # noqa: S704


def number(count: int) -> str:
    """Return 1234567 as "1,234,567"."""
    return f"{count:,}"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Return (1, "contact") as "1 contact" and (2, "contact") as "2 contacts"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def local(moment: datetime) -> datetime:
    """Return a moment by the clock of the account that is signed in, or else in UTC."""
    if not current_user or not current_user.is_authenticated:
        return moment.astimezone(UTC)
    return moment.astimezone(ZoneInfo(current_user.account.timezone))


def when(moment: datetime | None) -> Markup | str:
    """Return a moment as "23 Nov 2026, 08:05"; a dash for none."""
    return _time(moment, "%-d %b %Y, %H:%M")


def day(moment: datetime | None) -> Markup | str:
    """Return the day of a moment as "23 Nov 2026"; a dash for none."""
    return _time(moment, "%-d %b %Y")


def _time(moment: datetime | None, pattern: str) -> Markup | str:
    if moment is None:
        return "\u2013"  # an en dash
    machine = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    shown = local(moment).strftime(pattern)
    return Markup('<time class="text-nowrap" datetime="{}">{}</time>').format(machine, shown)
