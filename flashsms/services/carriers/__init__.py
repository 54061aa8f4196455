"""The ways out: which there are, in which order they are tried, and how they are doing."""

from flashsms.services.carriers.configuring import (
    add,
    edit,
    pause,
    remove,
    resume,
    set_url,
    switch_on,
    use_environment,
)
from flashsms.services.carriers.ways import WayOut, every, find, in_order, listening, read, shown

__all__ = [
    "WayOut",
    "add",
    "edit",
    "every",
    "find",
    "in_order",
    "listening",
    "pause",
    "read",
    "remove",
    "resume",
    "set_url",
    "shown",
    "switch_on",
    "use_environment",
]
