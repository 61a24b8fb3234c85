"""Asks the stand-ins that were deployed in place of the functions."""

import json
from typing import Any

from local.stack import Deployment, LocalStack

SLACK_WEBHOOK_PARAMETER = "/batchmedic/slack"


def logical_id(function: str) -> str:
    """Of the function of this folder."""
    return "".join(word.title() for word in function.split("_")) + "Function"


class Probe:
    """Asks the stand-ins what they received, and lets them try AWS calls with their function's rights."""

    def __init__(self, stack: LocalStack, deployment: Deployment) -> None:
        self.stack = stack
        self.deployment = deployment

    def attempt(self, function: str, service: str, operation: str, **parameters: Any) -> dict[str, str]:
        answer = self.stack.invoke(self.deployment, function, {"try": [service, operation, parameters]})
        assert answer.keys() == {"answer", "message"}, answer
        return answer

    def received(self, service: str) -> list[Any]:
        lines = [json.loads(line) for line in self.stack.lambda_logs(self.deployment) if line.startswith("{")]
        return [json.loads(line["received"]) for line in lines if "received" in line and line["service"] == service]
