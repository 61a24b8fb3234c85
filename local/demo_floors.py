"""The story of a floor: announced, lowered, given back, and summed up in the digest.

It takes hours and days, so the functions' own code runs here, on the clock of the simulated account; tables, queues,
topic and webhook are those of the deployed stack.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from batchmedic.bootstrap import diagnose, notify, scale_to_zero
from local.owner import Owner
from local.process import LocalStackError
from local.stack import REGION, Deployment, LocalStack

MINUTE, MONDAY = 60, 0
ENVIRONMENT, QUEUE, FLOOR = "warm-ec2", "warm-queue", 16
Say = Callable[[str], None]


@dataclass(kw_only=True)
class FloorStory:
    stack: LocalStack
    deployment: Deployment
    owner: Owner
    say: Say
    step: Say
    read: Callable[[str, str, tuple[str, ...]], None]  # story, subject, what must be said
    _now: datetime = field(init=False)

    def tell(self) -> None:
        self.say(f"\n(f) {ENVIRONMENT} keeps {FLOOR} vCPUs running, and nobody has work for it. Hours pass here.")
        self._advance(0)
        for minutes in (0, 15, 15):
            self._look(minutes)
        self.read("f: the announcement", "keeps 16 vCPUs running", ("batchmedic:scale-to-zero=off", "384 vCPU-hours"))
        for minutes in (15, 15):
            self._look(minutes)
        self.read("f: asleep", "minvCpus of warm-ec2 is 0 now", ("16 is remembered",))
        self._advance(12 * 60)
        self._show("half a day later, AWS Batch has let the instances go")
        self.owner.submit(QUEUE, vcpus=2, memory=2_048)
        self.step(f"a job is submitted to {QUEUE}")
        self._look(5)
        self.read("f: awake", "minvCpus of warm-ec2 is 16 again", ("vCPU-hours",))
        self._advance(5)
        self._show("it has its floor again")
        self._digest()

    def _digest(self) -> None:
        while self._now.weekday() != MONDAY:
            self._advance(12 * 60)
        self._call("DiagnoseFunction", diagnose.wire, [("", {"v": 1, "hint": "sweep"})])
        self._call("NotifyFunction", notify.wire, [("", {"digest": True})])
        self.read("f: the digest, on Monday", "DIGEST", ("vCPU-hours of idle instances",))

    def _look(self, minutes: int) -> None:
        self._advance(minutes)
        report = self._call("ScaleToZeroFunction", scale_to_zero.wire, {"v": 1}, single=self.stack.client)
        if report.failed:
            raise LocalStackError(f"a floor could not be seen to: {report.as_dict()}")

    def _call(self, function: str, build: Callable[..., Any], event: Any, **clients: Any) -> Any:
        """With the environment that the stack gave the function."""
        variables = self._variables(function)
        return build(variables, clock=lambda: self._now, client=self.stack.client, **clients)(event)

    def _variables(self, function: str) -> Mapping[str, str]:
        name = self.deployment.resources[function]
        found = self.stack.client("lambda").get_function_configuration(FunctionName=name)
        return {**found["Environment"]["Variables"], "AWS_REGION": REGION}

    def _advance(self, minutes: int) -> None:
        self._now = self.stack.advance(minutes * MINUTE, may_run_ahead=True)

    def _show(self, what: str) -> None:
        (found,) = self.owner.batch.describe_compute_environments(computeEnvironments=[ENVIRONMENT])[
            "computeEnvironments"
        ]
        resources = found["computeResources"]
        self.step(f"{what}: minvCpus {resources['minvCpus']}, desiredvCpus {resources['desiredvCpus']}")


def warm_environment(owner: Owner, *, subnet: str, security_group: str) -> str:
    """Its ARN."""
    return owner.compute_environment(
        ENVIRONMENT, subnet=subnet, security_group=security_group, resources={"minvCpus": FLOOR}
    )
