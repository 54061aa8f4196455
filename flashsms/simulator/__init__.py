"""An SMSC that speaks real SMPP, for development, demonstrations and tests."""

from flashsms.simulator.simulator import Simulator

__all__ = ["Simulator"]
