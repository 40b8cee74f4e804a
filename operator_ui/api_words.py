"""The API's description in words, for the page `/api`: routes by subject, and the fields of what they take and give."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from operator_ui.api_routes import Description
from operator_ui.openapi import document, plain_path, subject_of, who_may


class Part(msgspec.Struct, frozen=True):
    """A piece of a type in words; `shape` is the name of the shape that it means."""

    words: str
    shape: str | None = None


class FieldInWords(msgspec.Struct, frozen=True):
    name: str
    parts: list[Part]
    required: bool


class Shape(msgspec.Struct, frozen=True):
    name: str
    says: str
    fields: list[FieldInWords]
    values: list[str]
    """Of a shape that is one of some words."""


class RouteInWords(msgspec.Struct, frozen=True):
    method: str
    path: str
    says: str
    who: str
    query: list[FieldInWords]
    takes: list[Part]
    status: int
    gives: list[Part]


class ApiInWords(msgspec.Struct, frozen=True):
    subjects: dict[str, list[RouteInWords]]
    shapes: list[Shape]


def in_words(descriptions: Iterable[Description]) -> ApiInWords:
    listed = list(descriptions)
    made = document(listed)
    subjects: dict[str, list[RouteInWords]] = {}
    for one in listed:
        operation = made["paths"][plain_path(one.path)][one.method.lower()]
        subjects.setdefault(subject_of(one), []).append(_route(one, operation))
    shapes = [
        Shape(name, schema.get("description", ""), _fields(schema), [str(value) for value in schema.get("enum", [])])
        for name, schema in sorted(made["components"]["schemas"].items())
    ]
    return ApiInWords(subjects, shapes)


def _route(one: Description, operation: Mapping[str, Any]) -> RouteInWords:
    taken = operation.get("requestBody", {}).get("content", {})
    given = operation["responses"][str(one.status)].get("content", {})
    return RouteInWords(
        method=one.method,
        path=plain_path(one.path),
        says=one.says,
        who=who_may(one),
        query=[
            FieldInWords(asked["name"], type_words(asked["schema"]), required=False)
            for asked in operation.get("parameters", [])
            if asked["in"] == "query"
        ],
        takes=[part for content in taken.values() for part in type_words(content["schema"])],
        status=one.status,
        gives=[part for content in given.values() for part in type_words(content.get("x-parts", content["schema"]))],
    )


def _fields(schema: Mapping[str, Any]) -> list[FieldInWords]:
    required = schema.get("required", [])
    return [
        FieldInWords(name, type_words(field), name in required) for name, field in schema.get("properties", {}).items()
    ]


def type_words(schema: Mapping[str, Any]) -> list[Part]:
    """The type of a JSON schema, in words."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return [Part(name, name)]
    if "anyOf" in schema:
        parts = [type_words(one) for one in schema["anyOf"] if one.get("type") != "null"]
        joined = [part for index, one in enumerate(parts) for part in ([Part(" or ")] if index else []) + one]
        return joined + ([Part(" or none")] if len(parts) < len(schema["anyOf"]) else [])
    if "enum" in schema:
        return [Part(", ".join(str(value) for value in schema["enum"]))]
    if schema.get("type") == "array":
        return [Part("list of "), *type_words(schema.get("items") or {})]
    if isinstance(schema.get("additionalProperties"), dict):
        return [Part("by name: "), *type_words(schema["additionalProperties"])]
    known = {"date-time": "time", "date": "date"}
    return [Part(known.get(schema.get("format", ""), schema.get("type", "anything")))]
