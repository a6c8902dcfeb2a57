"""What ninja's OpenAPI document does not tell: how refusals look, and which scope an endpoint needs."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from netlift.service.core.problems import KIND, TITLES

SECURITY = "key"
_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details; `code` is stable, `detail` is a sentence for people.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["at", "detail"],
                "properties": {"at": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_ALWAYS = (400, 422, 500, 503)
_WITH_KEY = (401, 403, 404, 409, 410, 429)
_WITH_BODY = (411, 413, 415)
_ABOUT_KEYS = "`Authorization: Bearer TOKEN`, with the token of an API key whose role or scopes allow the endpoint."


class Document(OpenAPISchema):
    """ninja's document, with the problems that every endpoint may answer and with its scope."""

    def __init__(self, api: NinjaAPI, path_prefix: str) -> None:
        self.clashes: set[str] = set()
        """Names that two different schemas have, of which the document can tell one only."""
        super().__init__(api, path_prefix)

    def add_schema_definitions(self, definitions: dict[str, Any]) -> None:
        """Keep the schemas that an endpoint refers to."""
        same = self.schemas.keys() & definitions.keys()
        self.clashes |= {name for name in same if self.schemas[name] != definitions[name]}
        super().add_schema_definitions(definitions)

    def operation_details(self, operation: Operation) -> dict[str, Any]:
        """One endpoint."""
        told: dict[str, Any] = super().operation_details(operation)
        scopes = [auth.scope for auth in operation.auth_callbacks]  # type: ignore[attr-defined]
        body, place = "requestBody" in told, "{" in operation.path
        statuses = {*_ALWAYS, *(_WITH_KEY if scopes or body or place else ()), *(_WITH_BODY if body else ())}
        for status in sorted(statuses):
            told["responses"].setdefault(status, {"$ref": f"#/components/responses/{status}"})
        if scopes:
            told["security"] = [{SECURITY: scopes}]
            told["description"] = f"{told.get('description', '')}\n\nNeeds the scope `{scopes[0]}`.".strip()
        return told

    def get_components(self) -> dict[str, Any]:
        """Schemas, problems by status, and the one way to authenticate."""
        return {
            "schemas": self.schemas | {"Problem": _PROBLEM},
            "responses": {str(status): _response(title) for status, (_, title) in TITLES.items()},
            "securitySchemes": {SECURITY: {"type": "http", "scheme": "bearer", "description": _ABOUT_KEYS}},
        }


def _response(title: str) -> dict[str, Any]:
    return {"description": title, "content": {KIND: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
