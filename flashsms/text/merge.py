"""`{{name}}` and `{{name|fallback}}` in a text: parsed once, filled in for every recipient."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

# What every contact has; `name` is the first and the last name together.
BUILT_IN = ("firstName", "lastName", "name", "phone", "email")

_MARK = re.compile(
    r"\{\{\s*(?P<name>[A-Za-z][A-Za-z0-9_]*)\s*(?:\|(?P<fallback>[^{}]*))?\}\}|\{\{|\}\}"
)
_SNIPPET = 24  # characters of a broken placeholder worth quoting
_SPELLINGS = {name.lower(): name for name in BUILT_IN}

_Field = tuple[str, str | None]  # the variable and its fallback


class PlaceholderError(ValueError):
    """A placeholder that `parse` refuses, starting at `position` (code points from 0)."""

    def __init__(self, position: int, sentence: str) -> None:
        super().__init__(sentence)
        self.position = position


class BrokenPlaceholder(PlaceholderError):
    """Braces that are no placeholder, quoted as `snippet`."""

    def __init__(self, position: int, snippet: str) -> None:
        super().__init__(
            position,
            f'Character {position + 1} starts a placeholder that cannot be read: "{snippet}". '
            "Write {{name}} or {{name|fallback}}; a name has letters from A to Z, "
            "digits and underscores, a letter first.",
        )
        self.snippet = snippet


class UnknownPlaceholder(PlaceholderError):
    """A misspelt built-in variable: `name` as it was written."""

    def __init__(self, position: int, name: str, right: str) -> None:
        super().__init__(
            position,
            f"Character {position + 1}: there is no {{{{{name}}}}}; write {{{{{right}}}}}.",
        )
        self.name = name


class MissingValue(ValueError):
    """Variables that have neither a value nor a fallback: `names`, in order of appearance."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"There is no value for {', '.join(self.names)}.")


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed text: each of `fields` stands between two of `literals`.

    `positions` says where each variable of the parsed text first stood (code points from 0).
    """

    literals: tuple[str, ...]
    fields: tuple[_Field, ...]
    positions: Mapping[str, int] = field(compare=False)

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables in order of first appearance, each once."""
        return tuple(dict.fromkeys(name for name, _ in self.fields))

    @property
    def is_plain(self) -> bool:
        """Whether the text is the same for everyone."""
        return not self.fields

    @property
    def text(self) -> str:
        """The text again, with the placeholders that are left; as it was given but for blanks."""
        marks = (
            f"{{{{{name}}}}}" if fallback is None else f"{{{{{name}|{fallback}}}}}"
            for name, fallback in self.fields
        )
        pairs = zip(self.literals, (*marks, ""), strict=True)
        return "".join(literal + mark for literal, mark in pairs)

    def position_of(self, name: str) -> int:
        """Return where the first placeholder of that name starts in the text that was parsed.

        Counts code points from 0, before any `bind`. Raises KeyError for a name it did not have.
        """
        return self.positions[name]

    def missing(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Name the variables with neither a value nor a fallback, in order, each once."""
        without = (
            name for name, fallback in self.fields if fallback is None and _blank(values, name)
        )
        return tuple(dict.fromkeys(without))

    def bind(self, values: Mapping[str, str]) -> "Template":
        """Fill in what `values` has and leave the other variables, fallbacks included, for later.

        A blank value counts as none; a bound value is never read as a template itself.
        """
        literals, fields = [self.literals[0]], []
        for (name, fallback), literal in zip(self.fields, self.literals[1:], strict=True):
            if _blank(values, name):
                fields.append((name, fallback))
                literals.append(literal)
            else:
                literals[-1] += values[name] + literal
        return replace(self, literals=tuple(literals), fields=tuple(fields))

    def render(self, values: Mapping[str, str]) -> str:
        """Fill in the values as they are; a value is never read as a template itself.

        A blank value counts as none: the fallback stands in, even an empty one. Raises MissingValue
        naming every variable that has neither.
        """
        pieces = [*self.literals]
        for index, (name, fallback) in enumerate(self.fields):
            if not _blank(values, name):
                pieces[index] += values[name]
            elif fallback is not None:
                pieces[index] += fallback
            else:
                raise MissingValue(self.missing(values))
        return "".join(pieces)


def has_braces(text: str) -> bool:
    """Return whether a text that was filled in still looks like a template."""
    return "{{" in text or "}}" in text


def parse(text: str) -> Template:
    """Read the placeholders of a text.

    Blanks around the name and the fallback are dropped. `{{` and `}}` always belong to a
    placeholder, a fallback holds no braces, and a single brace elsewhere is ordinary text. Raises
    for the first that is refused: BrokenPlaceholder if it cannot be read, UnknownPlaceholder if it
    is one of BUILT_IN in another spelling. Both are a PlaceholderError.
    """
    literals: list[str] = []
    fields: list[_Field] = []
    positions: dict[str, int] = {}
    start = 0
    for mark in _MARK.finditer(text):
        name = _name(mark)
        literals.append(text[start : mark.start()])
        fields.append((name, _stripped(mark["fallback"])))
        positions.setdefault(name, mark.start())
        start = mark.end()
    return Template((*literals, text[start:]), tuple(fields), positions)


def _name(mark: re.Match[str]) -> str:
    name = mark["name"]
    if name is None:
        raise BrokenPlaceholder(mark.start(), mark.string[mark.start() :][:_SNIPPET])
    right = _SPELLINGS.get(name.replace("_", "").lower(), name)
    if name != right:
        raise UnknownPlaceholder(mark.start(), name, right)
    return name


def _stripped(fallback: str | None) -> str | None:
    return None if fallback is None else fallback.strip()


def _blank(values: Mapping[str, str], name: str) -> bool:
    return not values.get(name, "").strip()
