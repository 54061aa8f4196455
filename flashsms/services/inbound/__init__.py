"""What people write to us: kept, answered where a word asks for it, shown as conversations.

`numbers`, `words`, `conversations` and `timeline` are used as modules: `inbound.numbers.add`.
"""

from flashsms.services.inbound import conversations, numbers, timeline, words
from flashsms.services.inbound.replying import reply
from flashsms.services.inbound.taking import take, wake_due

__all__ = ["conversations", "numbers", "reply", "take", "timeline", "wake_due", "words"]
