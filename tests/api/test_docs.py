"""The page about the API knows every endpoint and every error code."""

import re
from pathlib import Path

from flask import Flask

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text()
CODE = re.compile(r"""(?:Refusal\(\s*\d+,|DomainError\(|NotFound\(|Conflict\()\s*"([a-z_]+)\"""")


def documented(path: str) -> str:
    """Return a path of ours as the page writes it: `/contacts/{contactId}`."""
    camel = re.sub(r"_([a-z])", lambda found: found[1].upper(), path.removeprefix("/api/v1"))
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", camel)


def test_every_endpoint_is_documented(app: Flask):
    endpoints = {
        f"`{method} {documented(rule.rule)}`"
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert {"`GET /contacts`", "`PATCH /contacts/{contactId}`"} < endpoints
    assert {endpoint for endpoint in endpoints if endpoint not in PAGE} == set()


def test_every_error_code_of_the_api_is_documented():
    sources = [*(ROOT / "flashsms" / "api").rglob("*.py")]
    for service in (
        "contacts",
        "sending",
        "webhooks",
        "templates.py",
        "idempotency.py",
        "history.py",
    ):
        found = ROOT / "flashsms" / "services" / service
        sources += [found] if found.suffix else found.glob("*.py")
    codes = {code for source in sources for code in CODE.findall(source.read_text())}
    assert {"scope_missing", "contact_exists", "unknown_variable", "bad_template"} < codes
    codes -= {"too_late"}  # of cancelling, which the API does not offer
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()
