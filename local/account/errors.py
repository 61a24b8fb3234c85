"""Errors as AWS answers them, each service in its own words."""

from collections.abc import Mapping
from types import MappingProxyType


class AwsError(Exception):
    """What a client sees as a ClientError with this code."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


# Codes: the "common errors" page of each API reference; TooManyRequestsException is what Batch is seen to answer.
DENIED: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "batch": ("AccessDeniedException", 403),
        "ecs": ("AccessDeniedException", 403),
        "ec2": ("UnauthorizedOperation", 403),
        "autoscaling": ("AccessDenied", 403),
        "iam": ("AccessDenied", 403),
        "cloudformation": ("AccessDenied", 403),
        "cloudtrail": ("AccessDeniedException", 400),
        "service-quotas": ("AccessDeniedException", 400),
    }
)
THROTTLED: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "batch": ("TooManyRequestsException", 429),
        "ecs": ("ThrottlingException", 400),
        "ec2": ("RequestLimitExceeded", 503),
        "autoscaling": ("Throttling", 400),
        "iam": ("Throttling", 400),
        "cloudformation": ("Throttling", 400),
        "cloudtrail": ("ThrottlingException", 400),
        "service-quotas": ("TooManyRequestsException", 400),
    }
)
INVALID_PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "batch": "ClientException",
        "ecs": "InvalidParameterException",
        "ec2": "InvalidParameterValue",
        "autoscaling": "ValidationError",
        "iam": "ValidationError",
        "cloudformation": "ValidationError",
        "cloudtrail": "ValidationException",
        "service-quotas": "IllegalArgumentException",
    }
)


def denied(service: str, operation: str) -> AwsError:
    code, status = DENIED[service]
    return AwsError(code, f"You are not authorized to perform: {service}:{operation}", status)


def throttled(service: str) -> AwsError:
    code, status = THROTTLED[service]
    return AwsError(code, "Rate exceeded", status)


def invalid(service: str, message: str) -> AwsError:
    return AwsError(INVALID_PARAMETERS[service], message)


def client_error(message: str) -> AwsError:
    """The one error that AWS Batch has for what a caller can mend."""
    return AwsError("ClientException", message)


def not_simulated(what: str) -> AwsError:
    """No AWS error: it says that this account is silent about something, instead of pretending."""
    return AwsError("NotSimulated", f"The simulated account does not do this: {what}", 501)
