"""What people write to us: kept, answered where a word asks for it, shown as conversations."""

from flashsms.services.inbound.taking import take

__all__ = ["take"]
