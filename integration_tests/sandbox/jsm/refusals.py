"""The error answers, which have other shapes on other paths."""

from __future__ import annotations

from typing import Any

from integration_tests.sandbox.refusal import Refusal

UNAUTHORIZED = "Unauthorized"
SCOPE = "Unauthorized; scope does not match"
NO_OPERATIONS = "Account does not have access to Opsgenie."
NO_ACCESS = 40301
CODES = {
    400: "BAD_REQUEST",
    402: "PAYMENT_REQUIRED",
    403: "FORBIDDEN_OPERATION",
    404: "NOT_FOUND",
    422: "UNPROCESSABLE",
    429: "TOO_MANY_REQUESTS",
}


class GatewayRefusal(Refusal):
    """An error in the shape of what stands before the APIs: the same on every path."""


def unauthorized(message: str) -> Refusal:
    """Return the refusal of a credential."""
    return GatewayRefusal(401, message, code=401)


def no_operations() -> Refusal:
    """Return the refusal of a site or of somebody without Operations."""
    return GatewayRefusal(403, NO_OPERATIONS, code=NO_ACCESS)


def body(refusal: Refusal, template: str, request_id: str) -> dict[str, Any]:
    """Return the body of an error on an endpoint."""
    if isinstance(refusal, GatewayRefusal):
        further = {"took": 0.004, "requestId": request_id} if refusal.code == NO_ACCESS else {}
        return {**refusal.body(), **further}
    if template.startswith("/jsm/ops/api/v1/alerts") and "/policies" not in template:
        return {"message": refusal.message, "took": 0.01, "requestId": request_id}
    if template.startswith("/rest/api/"):
        return {"errorMessages": [refusal.message], "errors": {}}
    return {"errors": [{"title": refusal.message, "code": CODES.get(refusal.status, str(refusal.status))}]}
