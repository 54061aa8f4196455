"""Is it up, can it work, and how is it doing: for load balancers and Prometheus."""

from flask import Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from flashsms.services import health
from flashsms.web import bp


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Answer 200 while the process is up."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Answer 200 when the database and Redis can be reached, else 503 saying which cannot."""
    checks = health.check()
    ready = all(state == "ok" for state in checks.values())
    return jsonify(status="ok" if ready else "unavailable", **checks), 200 if ready else 503


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Answer with the installation's figures in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(health.Figures())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
