"""`{{name}}` and `{{name|fallback}}` in a text: parsed once, filled in for every recipient."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_MARK = re.compile(
    r"\{\{\s*(?P<name>[A-Za-z][A-Za-z0-9_]*)\s*(?:\|(?P<fallback>[^{}]*))?\}\}|\{\{|\}\}"
)
_SNIPPET = 24  # characters of a broken placeholder worth quoting

_Field = tuple[str, str | None]  # the variable and its fallback


class BrokenPlaceholder(ValueError):
    """Braces that are no placeholder: at `position` (code points from 0), quoted as `snippet`."""

    def __init__(self, position: int, snippet: str) -> None:
        super().__init__(
            f'Character {position + 1} starts a placeholder that cannot be read: "{snippet}". '
            "Write {{name}} or {{name|fallback}}; a name is a letter followed by letters, "
            "digits or underscores."
        )
        self.position = position
        self.snippet = snippet


class MissingValue(ValueError):
    """Variables that have neither a value nor a fallback: `names`, in order of appearance."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"There is no value for {', '.join(self.names)}.")


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed text: each of `fields` stands between two of `literals`."""

    literals: tuple[str, ...]
    fields: tuple[_Field, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables in order of first appearance, each once."""
        return tuple(dict.fromkeys(name for name, _ in self.fields))

    @property
    def is_plain(self) -> bool:
        """Whether the text is the same for everyone."""
        return not self.fields

    def render(self, values: Mapping[str, str]) -> str:
        """Fill in the values as they are; a value is never read as a template itself.

        A blank value counts as none: the fallback stands in, even an empty one. Raises MissingValue
        naming every variable that has neither.
        """
        filled = [_fill(field, values) for field in self.fields]
        if None in filled:
            raise MissingValue(self._missing(filled))
        pieces = [*self.literals]
        for index, value in enumerate(filled):
            pieces[index] += value or ""
        return "".join(pieces)

    def _missing(self, filled: list[str | None]) -> Iterable[str]:
        pairs = zip(self.fields, filled, strict=True)
        return dict.fromkeys(name for (name, _), value in pairs if value is None)


def parse(text: str) -> Template:
    """Read the placeholders of a text. Raises BrokenPlaceholder for the first that is none.

    Blanks around the name and the fallback are dropped. `{{` and `}}` always belong to a
    placeholder, a fallback holds no braces, and a single brace elsewhere is ordinary text.
    """
    literals: list[str] = []
    fields: list[_Field] = []
    start = 0
    for mark in _MARK.finditer(text):
        if mark["name"] is None:
            raise BrokenPlaceholder(mark.start(), text[mark.start() :][:_SNIPPET])
        literals.append(text[start : mark.start()])
        fields.append((mark["name"], _stripped(mark["fallback"])))
        start = mark.end()
    return Template((*literals, text[start:]), tuple(fields))


def _stripped(fallback: str | None) -> str | None:
    return None if fallback is None else fallback.strip()


def _fill(field: _Field, values: Mapping[str, str]) -> str | None:
    name, fallback = field
    value = values.get(name, "")
    return value if value.strip() else fallback
