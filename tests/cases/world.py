"""An account with one place to run in, and a recorder between it and whoever asks: the ground of every story."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from local.account import ManualClock, SimulatedAccount
from local.account.in_process import attach
from local.owner import Owner, Place
from tests.clients import make_client
from tests.factories import ACCOUNT, REGION


@dataclass(slots=True)
class World:
    """An account with one place to run in, and a recorder between it and whoever asks."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2026, 11, 25, 8, 0, tzinfo=UTC)))
    recorded: list[dict[str, Any]] = field(default_factory=list)
    clients: dict[str, Any] = field(default_factory=dict)
    seen_since: dict[str, datetime] = field(default_factory=dict)  # what earlier sweeps saw, by environment ARN
    jobless_since: dict[str, datetime] = field(default_factory=dict)  # what scale_to_zero saw, by environment ARN
    scaling_mode: str = "apply"
    account: SimulatedAccount = field(init=False)
    owner: Owner = field(init=False)
    home: Place = field(init=False)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """In an empty account; the clients stay, since they are dear."""
        self.account = SimulatedAccount(clock=self.clock, account_id=ACCOUNT, region=REGION)
        for made in self.clients.values():
            attach(made, self.account)
        self.recorded.clear()
        self.owner = Owner(batch=self.client("batch"), ec2=self.client("ec2"))
        self.home = self.owner.place("home")

    def client(self, service: str) -> Any:
        if service not in self.clients:
            made = make_client(service)
            attach(made, self.account)
            made.meta.events.register("provide-client-params", self._remember)
            made.meta.events.register("after-call", self._record)
            self.clients[service] = made
        return self.clients[service]

    def _remember(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["parameters"] = dict(params)

    def _record(self, model: Any, context: dict[str, Any], parsed: dict[str, Any], **_: Any) -> None:
        answer = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
        call = f"{model.service_model.service_name}:{model.name}"
        self.recorded.append({"call": call, "parameters": context["parameters"], "answer": answer})

    def minutes(self, number: float) -> None:
        self.account.pass_time(timedelta(minutes=number))

    def queue(self, *names: str, **environment: Any) -> None:
        """A job queue `align` over environments of these names, VALID and six minutes old."""
        where = {"subnet": self.home.subnet, "security_group": self.home.security_group, **environment}
        arns = [self.owner.compute_environment(name, **where) for name in names or ("align-ec2",)]
        self.minutes(2)
        self.owner.job_queue("align", *arns)
        self.minutes(4)

    def spot_fleet(self, *, actions: Sequence[str] = ("*",), **resources: Any) -> dict[str, Any]:
        """computeResources with which AWS Batch launches by a Spot Fleet, whose role may do these actions."""
        role = self.account.add_role("fleet", trusts=["spotfleet.amazonaws.com"], actions=actions)
        return {"type": "SPOT", "allocationStrategy": "BEST_FIT", "spotIamFleetRole": role, **resources}

    def submit(self, **job: Any) -> None:
        self.owner.submit("align", **{"vcpus": 2, "memory": 2_048, **job})
