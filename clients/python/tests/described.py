"""The OpenAPI document as a server: it answers what the schema of an operation describes."""

import re
from typing import Any

import httpx

Schema = dict[str, Any]


class Described(httpx.BaseTransport):
    """Answers with every field that is documented, and keeps which operations were `asked`."""

    def __init__(self, document: Schema) -> None:
        self._document = document
        self.asked: list[str] = []
        self.data: dict[str, Any] = {}

    @property
    def operations(self) -> set[str]:
        """All of them, such as `GET /contacts/{contactId}`."""
        return {
            f"{method.upper()} {path}"
            for path, methods in self._document["paths"].items()
            for method in methods
            if method in ("get", "post", "put", "patch", "delete")
        }

    def parameters(self, operation: str) -> set[str]:
        """Return the names of what an operation takes in its query and its body."""
        method, path = operation.split()
        described = self._document["paths"][path][method.lower()]
        named = map(self._resolved, described.get("parameters", []))
        query = {one["name"] for one in named if one["in"] == "query"}
        content = described.get("requestBody", {}).get("content", {})
        bodies = [self._resolved(one["schema"]) for one in content.values()]
        return query.union(*(body["properties"] for body in bodies if "properties" in body))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        operation, described = self._find(request)
        self.asked.append(operation)
        answer = described["responses"]["200"]["content"]["application/json"]["schema"]
        kinds = self._kinds(self._resolved(answer)["properties"]["data"])
        dry = b'"dryRun"' in request.content
        [kind] = [one for one in kinds if len(kinds) == 1 or dry == ("dryRun" in one["properties"])]
        self.data = self._made(kind)
        return httpx.Response(200, json={"success": True, "data": self.data})

    def _find(self, request: httpx.Request) -> tuple[str, Schema]:
        asked = request.url.path.partition("/api/v1")[2]
        found = {
            path: methods[request.method.lower()]
            for path, methods in self._document["paths"].items()
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), asked)
            and request.method.lower() in methods
        }
        path = min(found, key=lambda path: path.count("{"), default="")
        assert path, f"{request.method} {asked} is not documented"
        return f"{request.method} {path}", found[path]

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            _, *steps = schema["$ref"].split("/")
            schema = self._document
            for step in steps:
                schema = schema[step]
        return schema

    def _kinds(self, schema: Schema) -> list[Schema]:
        """Return what a schema may be, without null."""
        schema = self._resolved(schema)
        choices = schema.get("anyOf") or schema.get("oneOf")
        if not choices:
            return [] if schema.get("type") == "null" else [schema]
        return [kind for choice in choices for kind in self._kinds(choice)]

    def _made(self, schema: Schema) -> Any:
        """Return a value of a schema, with every property that it names."""
        [kind, *_] = self._kinds(schema)
        types = kind.get("type")
        type = types if isinstance(types, str) else next(iter(types or ["string"]))
        if type == "object":
            named = {name: self._made(one) for name, one in kind.get("properties", {}).items()}
            more = kind.get("additionalProperties")
            return named or ({"some": self._made(more)} if isinstance(more, dict) else {})
        if "const" in kind or "enum" in kind:
            return kind.get("const", kind.get("enum", [None])[0])
        text = "2024-12-21T10:30:00Z" if kind.get("format") == "date-time" else "text"
        simple = {"boolean": False, "integer": 1, "number": 1.5, "string": text}
        return [self._made(kind["items"])] if type == "array" else simple[type]
