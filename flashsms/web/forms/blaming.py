"""Which field of a form a refusal is about, said in the words of the form."""

from flashsms.services.errors import DomainError
from flashsms.web.forms.asking import Form


def blame(form: Form, error: DomainError, otherwise: str, **fields: str) -> None:
    """Show a refusal at its field, which services name at the start of their sentence.

    `fields` leads from those names to the form's own, `otherwise` is the field for the rest.
    """
    named = next((one for one in fields if error.sentence.startswith((f"{one} ", f"{one}:"))), None)
    field = form[fields[named] if named else otherwise]
    said = f"{field.label.text}{error.sentence.removeprefix(named)}" if named else error.sentence
    field.errors = [*field.errors, said]
