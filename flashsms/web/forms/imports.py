"""Importing a file of contacts."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from flashsms.models import Group
from flashsms.services.errors import DomainError, NotFound
from flashsms.services.imports import Preview
from flashsms.text.columns import FIELDS, field_name
from flashsms.web.forms.asking import Form
from flashsms.web.forms.blaming import blame

_NEW_GROUP = "new"
_LABELS = ("Phone", "First name", "Last name", "E-mail")  # of FIELDS


class UploadForm(Form):
    """A file of contacts."""

    file = FileField("File", [FileRequired("Choose a file.")])


class MappingForm(Form):
    """How a file is read, and into which group its contacts go; the columns are asked apart."""

    has_header = BooleanField("The first row holds titles")
    group = SelectField("Into the group", choices=[], validate_choice=False)
    new_group = StringField("Name of the new group")

    def offer(self, groups: Sequence[Group]) -> None:
        """Offer the groups that there are, and to make one."""
        self.group.choices = [
            SelectChoice(value="", label="No group"),
            SelectChoice(value=_NEW_GROUP, label="A new group"),
            *(SelectChoice(value=one.public_id, label=one.name) for one in groups),
        ]

    @property
    def wanted_group(self) -> str | None:
        """The group that was chosen, if it is there already."""
        return None if self.group.data == _NEW_GROUP else self.group.data or None

    @property
    def wanted_new_group(self) -> str | None:
        """The name of the group that is to be made; perhaps an empty one."""
        return self.new_group.data or "" if self.group.data == _NEW_GROUP else None

    def complain(self, error: DomainError) -> None:
        """Show a refusal at the field that it is about, or else above the columns."""
        if isinstance(error, NotFound):
            self.group.errors = [error.sentence]
        elif "group" in error.code:
            blame(self, error, otherwise="new_group", name="new_group")
        else:
            sentence = error.sentence.removeprefix("columns: ")
            self.form_errors.append(sentence[:1].upper() + sentence[1:])


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: what it is `chosen` to be, of `choices` (values and labels)."""

    name: str
    title: str
    chosen: str | None
    choices: list[tuple[str, str]]


def columns_of(preview: Preview, chosen: Sequence[str | None]) -> list[Column]:
    """Return what each column can be; a custom field only where a title names one."""
    titles = preview.header or [""] * len(preview.columns)
    guesses = zip(titles, preview.columns, chosen, strict=True)
    return [
        Column(f"column-{index}", title, now, _choices(guessed, title))
        for index, (title, guessed, now) in enumerate(guesses, start=1)
    ]


def chosen_columns(preview: Preview) -> list[str | None]:
    """Return what this request's form says that each column is."""
    numbers = range(1, len(preview.columns) + 1)
    return [request.form.get(f"column-{number}") or None for number in numbers]


def _choices(guessed: str | None, title: str) -> list[tuple[str, str]]:
    own = guessed if guessed and guessed not in FIELDS else field_name(title)
    custom = [(own, f"Own field: {own}")] if own else []
    return [("", "Leave out"), *zip(FIELDS, _LABELS, strict=True), *custom]
