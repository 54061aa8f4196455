"""The account's own templates; those of the system are for dashboards only."""

from typing import Any

from flask import Response

from flashsms.api import inputs
from flashsms.api.answers import answer
from flashsms.api.auth import current_key, scope
from flashsms.api.blueprint import bp
from flashsms.api.describing import answers
from flashsms.api.once import answer_once
from flashsms.api.schemas import (
    DeletedAnswer,
    TemplateAnswer,
    TemplateChange,
    TemplateRequest,
    TemplatesAnswer,
)
from flashsms.models import Scope, Template
from flashsms.services import templates


@bp.get("/templates")
@scope(Scope.TEMPLATES_READ)
@answers(TemplatesAnswer)
def list_templates() -> Response:
    """List the templates by name."""
    listed = [_show(template) for template in templates.every(current_key().account_id)]
    return answer({"templates": listed})


@bp.post("/templates")
@scope(Scope.TEMPLATES_WRITE)
@answers(
    TemplateAnswer,
    body=TemplateRequest,
    once=True,
    refuses=("bad_template", "template_exists", "too_many_templates"),
)
def create_template() -> Response:
    """Keep a text under a name; an Idempotency-Key makes it happen once."""
    wanted = inputs.body(TemplateRequest)
    account_id = current_key().account_id
    return answer_once(
        wanted, lambda: _show(templates.create(account_id, wanted.name, wanted.content))
    )


@bp.route("/templates/<template_id>", methods=["PUT", "PATCH"])
@scope(Scope.TEMPLATES_WRITE)
@answers(
    TemplateAnswer,
    body=TemplateChange,
    refuses=("bad_template", "template_exists", "template_unknown"),
)
def change_template(template_id: str) -> Response:
    """Change the name, the content or both; PUT and PATCH do the same."""
    wanted = inputs.body(TemplateChange)
    changed = templates.edit(
        current_key().account_id, template_id, name=wanted.name, content=wanted.content
    )
    return answer(_show(changed))


@bp.delete("/templates/<template_id>")
@scope(Scope.TEMPLATES_WRITE)
@answers(DeletedAnswer, refuses=("template_unknown",))
def delete_template(template_id: str) -> Response:
    """Forget a template."""
    templates.delete(current_key().account_id, template_id)
    return answer({"id": template_id, "deleted": True})


def _show(template: Template) -> dict[str, Any]:
    return {
        "id": template.public_id,
        "name": template.name,
        "content": template.content,
        "variables": templates.variables(template),
        "createdAt": template.created_at,
        "updatedAt": template.updated_at,
    }
