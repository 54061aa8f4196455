"""Sender IDs."""

from wtforms import StringField, TextAreaField

from flashsms.web.forms.asking import Form, required


class SenderForm(Form):
    """A sender ID that an account would like to have."""

    name = StringField("Name", [required("the name that people shall see")])
    purpose = TextAreaField("What you will send")
