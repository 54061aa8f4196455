"""The API's documentation: a quickstart and guides with samples, and a reference for everything."""

from flashsms.web.docs import pages

__all__ = ["pages"]
