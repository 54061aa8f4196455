"""The application of a test, made quickly: what one has worked out the next ones are given.

Every test makes one. Most of their time went into the same addresses, templates and statements.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Dialect, Engine
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from config import TestConfig
from flashsms import create_app
from flashsms.api import openapi
from flashsms.extensions import db

_compile_builder = Rule._compile_builder
_builders: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}
_dialects: dict[str, Dialect] = {}
_statements: LRUCache[Any, Any] = LRUCache(2000)
_documents: dict[str, dict[str, Any]] = {}  # by their addresses


class _Templates(BytecodeCache):
    """Compiled templates; Jinja compiles anew what has changed since."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


_templates = _Templates()


def make(config: TestConfig) -> Flask:
    """Make an application as the product does."""
    app = create_app(config)
    app.jinja_env.bytecode_cache = _templates
    app.extensions["openapi"] = lambda: _document(app)
    with app.app_context():
        _share_statements(db.engine)
    return app


def _share_statements(engine: Engine) -> None:
    """Let an engine find the statements that others have compiled: they go by the dialect."""
    engine.dialect = _dialects.setdefault(engine.dialect.name, engine.dialect)
    engine.update_execution_options(compiled_cache=_statements)


def _document(app: Flask) -> dict[str, Any]:
    address = app.config["PUBLIC_URL"]
    if address not in _documents:
        _documents[address] = openapi.document(app)
    return _documents[address]


def _compile_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    key = (rule.rule, rule.subdomain, repr(rule.defaults), append_unknown)
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]


Rule._compile_builder = _compile_once
