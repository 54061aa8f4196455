"""The ways out: which there are, in which order they are tried, and how they are doing.

Trying one with a message is in `trying`, which stands above sending.
"""

from flashsms.services.carriers import clients
from flashsms.services.carriers.configuring import (
    ENVIRONMENT,
    add,
    edit,
    set_url,
    use_environment,
)
from flashsms.services.carriers.hiding import without_typed
from flashsms.services.carriers.switching import (
    Unchanged,
    close_breaker,
    move,
    pause,
    remove,
    resume,
    switch_on,
)
from flashsms.services.carriers.ways import (
    WayOut,
    among,
    every,
    find,
    in_order,
    in_order_for,
    listening,
    named,
    read,
    shown,
    untaken,
    used,
)

__all__ = [
    "ENVIRONMENT",
    "Unchanged",
    "WayOut",
    "add",
    "among",
    "clients",
    "close_breaker",
    "edit",
    "every",
    "find",
    "in_order",
    "in_order_for",
    "listening",
    "move",
    "named",
    "pause",
    "read",
    "remove",
    "resume",
    "set_url",
    "shown",
    "switch_on",
    "untaken",
    "use_environment",
    "used",
    "without_typed",
]
