"""FlashSMS: a self-hosted bulk SMS platform made first for Ghana."""

from pathlib import Path

from flask import Flask, request
from flask.typing import ResponseReturnValue
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Config
from flashsms.extensions import db, migrate

__version__ = "0.1.0"

_ROOT = Path(__file__).parent.parent


def create_app(config: Config | None = None) -> Flask:
    """Return the application wired with its extensions, blueprints, error handlers and commands."""
    config = config or Config()
    app = Flask(
        __name__,
        template_folder=str(_ROOT / "templates"),
        static_folder=str(_ROOT / "static"),
        instance_path=str(config.FLASHSMS_HOME),
    )
    app.config.update(config.as_dict())
    db.init_app(app)
    migrate.init_app(app, db, directory=str(Path(__file__).parent / "migrations"))
    app.extensions["redis"] = connect_redis(config.REDIS_URL)
    _register(app)
    _trust_proxies(app, config.TRUSTED_PROXIES)
    return app


def connect_redis(url: str) -> Redis:
    """Return a connection that gives up at once when Redis is away: a request must not hang.

    The worker, which has nothing better to do than wait, makes a patient one of its own.
    """
    return Redis.from_url(
        url, socket_connect_timeout=1, socket_timeout=5, retry=Retry(NoBackoff(), 0)
    )


def _trust_proxies(app: Flask, count: int) -> None:
    """Believe the last `count` proxies about who the visitor is, and the last one about TLS.

    Each adds an address to X-Forwarded-For, while X-Forwarded-Proto is one word that they pass on.
    """
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=1)  # type: ignore[method-assign]


def _register(app: Flask) -> None:
    from flashsms import admin, api, cli, web, worker
    from flashsms.api import errors, openapi
    from flashsms.services import audit
    from flashsms.web import pages, session

    @app.before_request  # the first of all: the next ones may find out who asks
    def begin_as_a_stranger() -> None:
        audit.act_as(audit.Actor("visitor", request.remote_addr))

    errors.init_app(app)
    app.register_blueprint(api.bp, url_prefix="/api/v1")
    openapi.init_app(app)
    web.init_app(app)
    admin.init_app(app)
    session.csrf.exempt(api.bp)  # which takes keys, never cookies
    cli.init_app(app)
    worker.init_app(app)

    def answer_http_error(error: HTTPException) -> ResponseReturnValue:
        if request.path.startswith(errors.PREFIX):
            return errors.answer_http_error(error)
        return pages.answer_http_error(error)

    app.register_error_handler(HTTPException, answer_http_error)
