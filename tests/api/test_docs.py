"""The page about the API knows every endpoint and every error code."""

import re
from pathlib import Path

from flask import Flask

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text()
CODE = re.compile(r"""(?:Refusal\(\s*\d+,|DomainError\(|NotFound\(|Conflict\()\s*"([a-z_]+)\"""")


def test_every_endpoint_is_documented(app: Flask):
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api."):
            path = re.sub(r"<[^>]+>", "{messageId}", rule.rule.removeprefix("/api/v1"))
            [method] = rule.methods - {"HEAD", "OPTIONS"}
            assert f"`{method} {path}`" in PAGE


def test_every_error_code_of_the_api_is_documented():
    sources = (ROOT / "flashsms" / "api").glob("*.py")
    codes = {code for source in sources for code in CODE.findall(source.read_text())}
    assert "scope_missing" in codes
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()
