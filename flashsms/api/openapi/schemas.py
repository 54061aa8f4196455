"""The shapes as JSON Schema, tidied up for people who read them."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from flashsms.api.schemas.contacts import ImportedContact

Schema = dict[str, Any]
_PLACE = "#/components/schemas/"
_MENTIONED = (ImportedContact,)  # by their place alone


def components(models: Iterable[type[BaseModel]]) -> dict[str, Schema]:
    """Return the schemas of some models and of all that they consist of, by name."""
    wanted = [(model, "validation") for model in (*models, *_MENTIONED)]
    _, found = models_json_schema(wanted, ref_template=_PLACE + "{model}")  # type: ignore[arg-type]
    return {name: tidy(schema) for name, schema in sorted(found["$defs"].items())}


def reference(model: type[BaseModel]) -> Schema:
    """Return a schema that stands for a model."""
    return {"$ref": _PLACE + model.__name__}


def tidy(value: Any) -> Any:
    """Drop the titles that only repeat a name, and say shortly what may be null."""
    if isinstance(value, list):
        return [tidy(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {name: tidy(one) for name, one in value.items() if not _is_noise(name, one)}
    if isinstance(description := kept.get("description"), str):
        kept["description"] = " ".join(description.split())
    return _nullable(kept)


def without_null(schema: Schema) -> Schema:
    """Return the schema of a query parameter, which cannot be null."""
    if isinstance(schema.get("type"), list):
        kept = [kind for kind in schema["type"] if kind != "null"]
        return schema | {"type": kept[0] if len(kept) == 1 else kept}
    if "anyOf" in schema:
        kept = [one for one in schema["anyOf"] if one != {"type": "null"}]
        rest = {name: one for name, one in schema.items() if name != "anyOf"}
        return rest | (kept[0] if len(kept) == 1 else {"anyOf": kept})
    return schema


def _is_noise(name: str, value: Any) -> bool:
    return (name == "title" and isinstance(value, str)) or (name == "default" and value is None)


def _nullable(schema: Schema) -> Schema:
    """Write `type: [string, "null"]` where one simple type may be null."""
    match schema.get("anyOf"):
        case [{"type": str()} as some, {"type": "null"} as null] if (
            null == {"type": "null"} and not {"enum", "const"} & some.keys()
        ):
            outer = {name: one for name, one in schema.items() if name != "anyOf"}
            return {**some, **outer, "type": [some["type"], "null"]}
    return schema
