"""The address book."""

from flask_wtf import FlaskForm
from wtforms import EmailField, SelectField, StringField, TelField

from flashsms.web.forms.asking import required


class ContactForm(FlaskForm):
    """A person of the address book."""

    phone = TelField("Phone", [required("a phone number")])
    first_name = StringField("First name")
    last_name = StringField("Last name")
    email = EmailField("E-mail")
    group = SelectField("Group", choices=[], validate_choice=False)


class GroupForm(FlaskForm):
    """A group of contacts."""

    name = StringField("Name", [required("a name")])
