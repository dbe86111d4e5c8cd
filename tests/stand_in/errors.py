"""What Stripe answers when it refuses: https://docs.stripe.com/api/errors and https://docs.stripe.com/error-codes"""

from typing import Any


class StripeError(Exception):
    """`began`: the endpoint had begun its work, so that an idempotency key keeps this answer. A wrong parameter's isn't kept."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        began: bool = False,
    ) -> None:
        super().__init__(message)
        self.status, self.began = status, began
        given = {"code": code, "message": message, "param": param, "type": kind}
        self.error = {name: value for name, value in given.items() if value is not None}
        if code:
            self.error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def missing(param: str) -> StripeError:
    return StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def no_such(noun: str, sought: str, param: str = "id") -> StripeError:
    """404 for what the address names, 400 for what a parameter does."""
    return StripeError(f"No such {noun}: '{sought}'", status=404 if param == "id" else 400, code="resource_missing", param=param)


def broken() -> StripeError:
    return StripeError("Sorry! There was an error while talking to one of our backends.", status=500, kind="api_error")
