"""Templates: texts kept for use again."""

from wtforms import StringField, TextAreaField

from flashsms.web.forms.asking import Form, one_line_end, required


class TemplateForm(Form):
    """A text with placeholders, and what it is called."""

    name = StringField("Name", [required("a name")])
    text = TextAreaField("Text", [required("the text")], filters=[one_line_end])
