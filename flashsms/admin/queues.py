"""RQ's queues: what waits, what failed, what the sweep found."""

from flashsms.admin import bp


@bp.get("/queues")
def show_queues() -> str:
    """To be written."""
    return ""
