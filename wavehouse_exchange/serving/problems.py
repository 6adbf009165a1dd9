"""What goes wrong with a request, as `application/problem+json` says it (RFC 9457)."""

from dataclasses import dataclass, field

MEDIA_TYPE = "application/problem+json"
WRONG_PARAMETER, NOT_FOUND = "A parameter is wrong", "Not found"


@dataclass
class RequestError(Exception):
    """A request that is not answered, and what to do about it.

    Args:
        status: the status of HTTP.
        title: what kind of fault it is, always in the same words.
        detail: what is wrong with this request, and what to do.
        parameter: the parameter that is at fault, as the request names it.
        headers: what the answer's head says too.
    """

    status: int
    title: str
    detail: str
    parameter: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def body(self, address: str) -> dict[str, object]:
        """Give the members that RFC 9457 names, and `parameter`.

        Args:
            address: that of the request.
        """
        members = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": address,
        }
        return members | ({"parameter": self.parameter} if self.parameter else {})


def bad_parameter(parameter: str, detail: str) -> RequestError:
    """Tell that a parameter cannot be used as it stands."""
    return RequestError(400, WRONG_PARAMETER, detail, parameter)


def too_large(detail: str, parameter: str | None = None) -> RequestError:
    """Tell that the answer would have more rows than the server gives at once."""
    return RequestError(400, "The answer is too large", detail, parameter)


def not_found(detail: str) -> RequestError:
    """Tell that there is nothing at an address, or nothing that this key may read."""
    return RequestError(404, NOT_FOUND, detail)


def not_offered(detail: str, parameter: str | None = None) -> RequestError:
    """Tell that what is asked for exists, and is not given to this audience."""
    return RequestError(403, "Not for this audience", detail, parameter)


def unknown_key(detail: str) -> RequestError:
    """Tell that the key opens nothing."""
    return RequestError(
        401, "The key is not accepted", detail, headers={"WWW-Authenticate": 'Bearer realm="keys"'}
    )


def out_of_order(detail: str) -> RequestError:
    """Tell that the server cannot answer now, through no fault of the request."""
    return RequestError(503, "The server cannot answer now", detail, headers={"Retry-After": "30"})
