"""The JSON API, version 1: one module per resource."""

from flashsms.api.routes import bp

__all__ = ["bp"]
