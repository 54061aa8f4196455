"""Getting in."""

from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, StringField, TelField
from wtforms.validators import Optional

from flashsms.web.forms.asking import required


class SignUpForm(FlaskForm):
    """A new account and its owner."""

    name = StringField("Business name", [required("the name of your business")])
    phone = TelField("Phone", [required("your phone number")])
    email = EmailField("E-mail", [required("your e-mail address")])
    password = PasswordField("Password", [required("a password of 8 characters or more")])


class SignInForm(FlaskForm):
    """Somebody who has an account."""

    email = EmailField("E-mail", [required("your e-mail address")])
    password = PasswordField("Password", [required("your password")])
    code = StringField("Code", [Optional()])
    next = HiddenField()
