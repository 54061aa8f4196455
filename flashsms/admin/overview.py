"""How the installation is doing."""

from flask import render_template

from flashsms.admin import bp


@bp.get("")
def index() -> str:
    """Show it."""
    return render_template("admin/overview/index.html")
