"""JSON Schema in words: the fields of a body or an answer, line by line."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

Schema = dict[str, Any]
_CODE = re.compile(r"`([^`]+)`")
_MOST_CHOICES = 12


@dataclass(frozen=True, slots=True)
class Field:
    """One field or parameter: `kind` and `meaning` are for people."""

    name: str
    kind: str
    required: bool
    meaning: str


def prose(text: str) -> Markup:
    """Return a description as a page shows it: what stands in backticks is code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  (escaped)


class Shapes:
    """The schemas that a document shares, by which references in it are followed."""

    def __init__(self, document: Schema) -> None:
        self._schemas: Schema = document["components"]["schemas"]

    def fields(self, schema: Schema, before: str = "", *, nullable: bool = True) -> Iterator[Field]:
        """Yield the fields of an object and of what is in it: `contacts[].phone`.

        Unless it is `nullable`, null is as good as leaving a field out and not worth a word.
        """
        found = self._object(schema)
        needed = found.get("required", ())
        for name, one in found.get("properties", {}).items():
            path, kind = f"{before}{name}", self.kind(one)
            meaning = one.get("description") or self.follow(one).get("description", "")
            shown = kind if nullable else kind.removesuffix(" or null")
            yield Field(path, shown, name in needed, meaning)
            inner, more = self._inside(one)
            yield from self.fields(inner, f"{path}{more}.", nullable=nullable)

    def kind(self, schema: Schema) -> str:
        """Return what a value is, in a few words."""
        found = self.follow(schema)
        if "anyOf" in found and "properties" not in found:
            return " or ".join(dict.fromkeys(self.kind(one) for one in found["anyOf"]))
        if "const" in found:
            return f"always {json.dumps(found['const'])}"
        if "enum" in found:
            shown = [str(one) for one in found["enum"][:_MOST_CHOICES]]
            return f"one of {', '.join(shown)}"
        kinds = found.get("type", "anything")
        names = [kinds] if isinstance(kinds, str) else kinds
        return " or ".join(self._named(name, found) for name in names)

    def follow(self, schema: Schema) -> Schema:
        """Return what a reference stands for, or the schema itself."""
        reference = schema.get("$ref", "")
        if not reference:
            return schema
        shared: Schema = self._schemas[reference.rpartition("/")[2]]
        return self.follow(shared)

    def _named(self, name: str, schema: Schema) -> str:
        if name == "null":
            return name
        if name == "array" and "items" in schema:
            return f"list of {_plural(self.kind(schema['items']))}{_bounds(schema)}"
        if name == "string" and schema.get("format") == "date-time":
            return "time"
        return {"integer": "whole number"}.get(name, name) + _bounds(schema)

    def _object(self, schema: Schema) -> Schema:
        """Return the object of a schema, the first where there may be several."""
        found = self.follow(schema)
        if "properties" in found or "anyOf" not in found:  # beside fields it says which go together
            return found
        objects = (self._object(one) for one in found["anyOf"])
        return next((one for one in objects if "properties" in one), {})

    def _inside(self, schema: Schema) -> tuple[Schema, str]:
        found = self.follow(schema)
        if "anyOf" in found:
            found = next(
                (self.follow(one) for one in found["anyOf"] if one != {"type": "null"}), {}
            )
        return (found["items"], "[]") if "items" in found else (found, "")


def _plural(kind: str) -> str:
    """Return the plural of a kind that is one or two words; of others, themselves."""
    return f"{kind}s" if kind in ("string", "object", "whole number") else kind


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f" from {low:,} to {high:,}"
    longest = schema.get("maxLength") or schema.get("maxItems")
    return f", at most {longest:,}" if longest else ""
