"""The forms of the dashboard: what a browser sends, and nothing of what it must mean."""

from flask_wtf import FlaskForm
from wtforms import (
    EmailField,
    HiddenField,
    PasswordField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Optional


def _required(what: str) -> DataRequired:
    return DataRequired(f"Enter {what}.")


class SignUpForm(FlaskForm):
    """A new account and its owner."""

    name = StringField("Business name", [_required("the name of your business")])
    phone = TelField("Phone", [_required("your phone number")])
    email = EmailField("E-mail", [_required("your e-mail address")])
    password = PasswordField("Password", [_required("a password of 8 characters or more")])


class SignInForm(FlaskForm):
    """Somebody who has an account."""

    email = EmailField("E-mail", [_required("your e-mail address")])
    password = PasswordField("Password", [_required("your password")])
    code = StringField("Code", [Optional()])
    next = HiddenField()


class ContactForm(FlaskForm):
    """A person of the address book."""

    phone = TelField("Phone", [_required("a phone number")])
    first_name = StringField("First name")
    last_name = StringField("Last name")
    email = EmailField("E-mail")
    group = SelectField("Group", choices=[], validate_choice=False)


class GroupForm(FlaskForm):
    """A group of contacts."""

    name = StringField("Name", [_required("a name")])


class SenderForm(FlaskForm):
    """A sender ID that an account would like to have."""

    name = StringField("Name", [_required("the name that people shall see")])
    purpose = TextAreaField("What you will send")
