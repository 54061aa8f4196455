"""The reference, read from the API's OpenAPI document: endpoints and what they refuse."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import current_app

from flashsms.web.docs import samples
from flashsms.web.docs.fields import Field, Shapes

Part = dict[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")
# What is answered where there is no operation.
_ELSEWHERE = {
    "bad_request": ("400", "This request cannot be read."),
    "unknown_route": (
        "404",
        "There is no such endpoint. Check the path; it starts with /api/v1/.",
    ),
    "method_not_allowed": ("405", "This endpoint does not take POST. It takes GET."),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A code that the API answers with, its status, and what its sentence may say."""

    code: str
    status: str
    sentence: str

    @property
    def anchor(self) -> str:
        """Where the page explains it."""
        return f"error-{self.code}"


@dataclass(frozen=True, slots=True)
class Operation:
    """An endpoint as the page shows it; `curl` and `answers` are examples."""

    anchor: str
    methods: tuple[str, ...]
    path: str
    summary: str
    description: str
    scope: str | None
    parameters: list[Field]
    body: list[Field]
    curl: str
    answers: list[str]
    answer: list[Field]
    refusals: list[Refusal]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations on one kind of thing."""

    name: str
    description: str
    operations: list[Operation]

    @property
    def anchor(self) -> str:
        """Where the page begins with them."""
        return "endpoints-" + self.name.lower().replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Reference:
    """All groups, and every refusal, in the order of their statuses.

    Any call with a key can meet those that are `usual`, so they are not said of each operation.
    """

    groups: list[Group]
    refusals: list[Refusal]
    usual: list[Refusal]


def read() -> Reference:
    """Return what the application's document says; it is read once."""
    found: Reference | None = current_app.extensions.get("docs")
    if found is None:
        found = _read(current_app.extensions["openapi"]())
        current_app.extensions["docs"] = found
    return found


def _read(document: Part) -> Reference:
    shapes = Shapes(document)
    groups = [
        Group(tag["name"], tag.get("description", ""), list(_operations(document, tag, shapes)))
        for tag in document["tags"]
    ]
    known = {code: Refusal(code, *rest) for code, rest in _ELSEWHERE.items()}
    for group in groups:
        for operation in group.operations:
            known |= {one.code: one for one in operation.refusals if one.code not in known}
    in_order = sorted(known.values(), key=lambda one: (one.status, one.code))
    return Reference(groups, in_order, _usual(groups))


def _usual(groups: list[Group]) -> list[Refusal]:
    """Return what every operation that needs a key can be refused with."""
    every = [one.refusals for group in groups for one in group.operations if one.scope]
    codes = set.intersection(*({one.code for one in refusals} for refusals in every))
    return [one for one in every[0] if one.code in codes]


def _operations(document: Part, tag: Part, shapes: Shapes) -> Iterator[Operation]:
    for path, there in document["paths"].items():
        methods = [name for name in _METHODS if name in there]
        for name in methods:
            if tag["name"] not in there[name]["tags"]:
                continue
            if name == "put" and "patch" in there:
                continue  # shown together
            together = ("put", "patch") if name == "patch" and "put" in there else (name,)
            yield _operation(document, path, there[name], together, shapes)


def _operation(
    document: Part, path: str, said: Part, methods: tuple[str, ...], shapes: Shapes
) -> Operation:
    given = [_shared(document, one) for one in said.get("parameters", ())]
    content = _json(said.get("requestBody", {}))
    answer = _json(said["responses"].get("200", {}))
    return Operation(
        anchor=said["operationId"],
        methods=tuple(method.upper() for method in methods),
        path=path,
        summary=said["summary"].replace("`", ""),
        description=said.get("description", ""),
        scope=said.get("x-scope"),
        parameters=[_parameter(one, shapes) for one in given],
        body=list(shapes.fields(content.get("schema", {}), nullable="patch" in methods)),
        curl=_curl(f"{document['servers'][0]['url']}{path}", methods[-1], given, content, said),
        answers=[_pretty(one["value"]) for one in answer.get("examples", {}).values()],
        answer=list(shapes.fields(_data(answer))),
        refusals=list(_refusals(said["responses"])),
    )


def _shared(document: Part, part: Part) -> Part:
    if "$ref" not in part:
        return part
    found: Part = document["components"]["parameters"][part["$ref"].rpartition("/")[2]]
    return found


def _json(part: Part) -> Part:
    found: Part = part.get("content", {}).get("application/json", {})
    return found


def _data(answer: Part) -> Part:
    found: Part = answer.get("schema", {}).get("properties", {}).get("data", {})
    return found


def _parameter(said: Part, shapes: Shapes) -> Field:
    place = {"path": "in the path", "header": "header"}.get(said["in"], "")
    kind = shapes.kind(said["schema"])
    shown = f"{kind}, {place}" if place else kind
    return Field(said["name"], shown, said.get("required", False), said.get("description", ""))


def _curl(address: str, method: str, given: list[Part], content: Part, said: Part) -> str:
    examples = {one["name"]: str(one.get("example", "")) for one in given if one["in"] == "path"}
    filled = re.sub(r"\{(\w+)\}", lambda name: examples.get(name[1]) or name[0], address)
    lines = [f"curl '{filled}'"]
    if said["security"]:
        lines.append(f"-H 'Authorization: Bearer {samples.KEY}'")
    if method not in ("get", "post") or (method == "post" and not content):
        lines.insert(1, f"-X {method.upper()}")
    if body := next(iter(content.get("examples", {}).values()), None):
        quoted = json.dumps(body["value"], ensure_ascii=False, indent=2).replace("'", "'\\''")
        lines += ["-H 'Content-Type: application/json'", f"-d '{quoted}'"]
    return " \\\n  ".join(lines)


def _pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _refusals(responses: Part) -> Iterator[Refusal]:
    for status, said in sorted(responses.items()):
        for code, example in _json(said).get("examples", {}).items():
            if not status.startswith("2"):
                yield Refusal(code, status, example["value"]["error"])
