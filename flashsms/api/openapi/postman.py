"""The document as a collection for Postman, format 2.1: a folder for each tag."""

import re
from typing import Any

import orjson

Part = dict[str, Any]
_FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


def collection(document: Part) -> Part:
    """Return a collection with every operation of the document once."""
    return {
        "info": {
            "name": document["info"]["title"],
            "description": document["info"]["description"],
            "schema": _FORMAT,
        },
        "auth": {
            "type": "bearer",
            "bearer": [{"key": "token", "value": "{{apiKey}}", "type": "string"}],
        },
        "variable": [
            {"key": "baseUrl", "value": document["servers"][0]["url"], "type": "string"},
            {"key": "apiKey", "value": "bms_live_your_api_key", "type": "string"},
        ],
        "item": [_folder(document, tag) for tag in document["tags"]],
    }


def _folder(document: Part, tag: Part) -> Part:
    found = [
        _item(document, path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if tag["name"] in operation["tags"]
    ]
    return {"name": tag["name"], "description": tag["description"], "item": found}


def _item(document: Part, path: str, method: str, operation: Part) -> Part:
    parameters = [_resolved(document, one) for one in operation["parameters"]]
    request = {
        "method": method.upper(),
        "description": operation["description"],
        "header": [_field(one, off=True) for one in parameters if one["in"] == "header"],
        "url": _url(path, parameters),
        **_body(operation),
        **({} if operation["security"] else {"auth": {"type": "noauth"}}),
    }
    return {"name": operation["summary"], "request": request, "response": []}


def _resolved(document: Part, parameter: Part) -> Part:
    if "$ref" not in parameter:
        return parameter
    found: Part = document["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
    return found


def _url(path: str, parameters: list[Part]) -> Part:
    colons = re.sub(r"\{(\w+)\}", r":\1", path)
    return {
        "raw": "{{baseUrl}}" + colons,
        "host": ["{{baseUrl}}"],
        "path": colons.strip("/").split("/"),
        "query": [_field(one, off=True) for one in parameters if one["in"] == "query"],
        "variable": [_field(one) for one in parameters if one["in"] == "path"],
    }


def _field(parameter: Part, *, off: bool = False) -> Part:
    default = parameter["schema"].get("default", "")
    return {
        "key": parameter["name"],
        "value": str(parameter.get("example", default)),
        "description": parameter["description"],
        **({"disabled": True} if off else {}),
    }


def _body(operation: Part) -> Part:
    if "requestBody" not in operation:
        return {}
    [first, *_] = operation["requestBody"]["content"]["application/json"]["examples"].values()
    text = orjson.dumps(first["value"], option=orjson.OPT_INDENT_2).decode()
    return {"body": {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}}
