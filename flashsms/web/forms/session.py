"""Getting in, by a password, a code or a link that was mailed."""

from wtforms import EmailField, HiddenField, PasswordField, StringField, TelField

from flashsms.web.forms.asking import Form, required


class SignUpForm(Form):
    """A new account and its owner."""

    name = StringField("Business name", [required("the name of your business")])
    phone = TelField("Phone", [required("your phone number")])
    email = EmailField("E-mail", [required("your e-mail address")])
    password = PasswordField("Password", [required("a password of 8 characters or more")])
    next = HiddenField()


class SignInForm(Form):
    """Somebody who has an account."""

    email = EmailField("E-mail", [required("your e-mail address")])
    password = PasswordField("Password", [required("your password")])
    next = HiddenField()


class CodeForm(Form):
    """The second factor of somebody whose password was right."""

    code = StringField("Code", [required("the code that your app shows now")])
    next = HiddenField()


class ForgotForm(Form):
    """Somebody who forgot a password."""

    email = EmailField("E-mail", [required("your e-mail address")])


class NewPasswordForm(Form):
    """A password that somebody chooses."""

    password = PasswordField("New password", [required("a password of 8 characters or more")])
