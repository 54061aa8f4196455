"""The blueprint that every resource adds its routes to."""

from flask import Blueprint
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

from flashsms.api.errors import answer_error
from flashsms.api.throttle import Throttle, add_headers
from flashsms.services.errors import DomainError


class ContactId(BaseConverter):
    """Any text but what else stands under /contacts, which has methods of its own."""

    regex = r"(?!(?:groups|import)\Z)[^/]+"
    part_isolating = True


bp = Blueprint("api", __name__)
bp.register_error_handler(DomainError, answer_error)
bp.after_request(add_headers)


@bp.record  # before the routes, which need it
def _add_converter(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["contact"] = ContactId


@bp.record
def _add_throttle(state: BlueprintSetupState) -> None:
    config = state.app.config
    state.app.extensions["throttle"] = Throttle(config["REDIS_URL"], config["RATE_LIMIT"])
