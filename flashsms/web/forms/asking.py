"""How a form reads and asks for its fields, and says what a service thinks of the answers."""

from typing import Any

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms.validators import DataRequired

from flashsms.services.errors import DomainError

_FIELD_OF = {  # the code of a refusal to the field that it is about
    "bad_name": "name",
    "name_taken": "name",
    "bad_phone": "phone",
    "bad_email": "email",
    "email_taken": "email",
    "bad_password": "password",
    "wrong_password": "current",
    "bad_code": "code",
    "bad_timezone": "timezone",
}


class Form(FlaskForm):
    """A form of the dashboard."""

    class Meta:
        def wrap_formdata(self, form: FlaskForm, given: Any) -> MultiDict[str, Any] | None:
            """Take what a view gave, else the text fields that were sent.

            Flask-WTF would read a JSON body for them too, and files: fields that are no text.
            """
            if given is None or isinstance(given, MultiDict):
                return given
            return request.form if form.is_submitted() else None


def required(what: str) -> DataRequired:
    """Return the rule that a field must be filled in: "Enter {what}."."""
    return DataRequired(f"Enter {what}.")


def one_line_end(text: str | None) -> str | None:
    """Return a text as it was typed: browsers send two characters for the end of a line."""
    return text and text.replace("\r\n", "\n")


def complain(form: Form, error: DomainError, otherwise: str) -> None:
    """Show a refusal at the field that it is about, or at the field named `otherwise`."""
    name = _FIELD_OF.get(error.code, otherwise)
    field = form[name if name in form else otherwise]
    field.errors = [*field.errors, error.sentence]


def status(form: Form) -> int:
    """Return the HTTP status of a page that shows the form: 400 when it complains."""
    return 400 if form.errors else 200
