"""The AWS clients of the handlers under test: made once, counted, and able to kill the handler at any call."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

from moto.core.models import botocore_stubber  # imported before any client is made: moto hooks into the making

from local.account import SimulatedAccount
from local.account.in_process import attach
from tests.clients import make_client

READS = ("Describe", "List", "Get", "Lookup", "Simulate")
SIMULATED = ("autoscaling", "batch", "cloudformation", "cloudtrail", "ec2", "ecs", "iam", "service-quotas")


class Killed(BaseException):
    """The handler's process is gone: nothing may catch this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one call: `happen` raises what botocore would raise, or lets time pass."""

    name: str
    happen: Callable[[], object]
    after_effect: bool = False


@dataclass(slots=True)
class Calls:
    """Counts a platform's calls; `kill_at` names one by its number, `before` says on which side of its effect."""

    made: list[str] = field(default_factory=list)
    makers: list[str] = field(default_factory=list)  # the function that made each
    last_ones: set[int] = field(default_factory=set)  # the numbers of the calls after which an invocation was over
    kill_at: int | None = None
    before: bool = True
    then: list[tuple[int, bool]] = field(default_factory=list)  # further kills, (number, before its effect)
    faults: dict[int, Fault] = field(default_factory=dict)  # by the number of the call
    function: str = ""
    by_function: set[tuple[str, str]] = field(default_factory=set)
    pause: Callable[[], object] = lambda: None  # where somebody else may go on

    def begin(self, call: str) -> None:
        self.pause()
        self.made.append(call)
        self.makers.append(self.function)
        self.by_function.add((self.function, call))
        if self.before and self.kill_at == len(self.made):
            self._kill(call)
        self._strike(after_effect=False)

    def end(self, call: str) -> None:
        if not self.before and self.kill_at == len(self.made):
            self._kill(call)
        self._strike(after_effect=True)

    def _strike(self, *, after_effect: bool) -> None:
        fault = self.faults.get(len(self.made))
        if fault is not None and fault.after_effect is after_effect:
            fault.happen()

    def _kill(self, call: str) -> None:
        self.kill_at, self.before = self.then.pop(0) if self.then else (None, True)
        raise Killed(call)

    def over(self) -> None:
        """The invocation is."""
        self.last_ones.add(len(self.made))

    def numbers_of(self, function: str) -> list[int]:
        """The numbers of this function's calls, for `kill_at`."""
        return [number for number, maker in enumerate(self.makers, 1) if maker == function]

    def count(self, *services: str) -> Counter[str]:
        return Counter(call for call in self.made if call.partition(":")[0] in services)


class Plugged(Protocol):
    account: SimulatedAccount
    calls: Calls
    in_handler: bool
    sns: list[dict[str, Any]]
    events: list[dict[str, Any]]
    sweeps_heard: list[dict[str, Any]]
    writes: list[tuple[str, dict[str, Any]]]
    written_while_updating: list[str]


@dataclass(slots=True)
class Wire:
    """What the clients ask goes to whichever platform is plugged in; only a handler's calls are counted."""

    platform: Plugged | None = None
    made: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self.made:
            made = make_client(service)
            if service in SIMULATED:
                made.meta.events.unregister("before-send", botocore_stubber)  # botocore asks every hook, moto's too
                attach(made, self)
            made.meta.events.register("provide-client-params", self._remember)
            made.meta.events.register("before-call", self._begin)
            made.meta.events.register("after-call", self._end)
            self.made[service] = made
        return self.made[service]

    def handle(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Stand in for the simulated account, so that one client serves many of them."""
        assert self.platform is not None
        return self.platform.account.handle(service, operation, parameters)

    def _remember(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["parameters"] = params

    def _begin(self, model: Any, context: dict[str, Any], **_: Any) -> None:
        if self.platform is None or not self.platform.in_handler:
            return
        service = model.service_model.service_name
        self.platform.calls.begin(f"{service}:{model.name}")
        if service in SIMULATED and not model.name.startswith(READS):
            self.platform.writes.append((f"{service}:{model.name}", context["parameters"]))
            self._watch(self.platform, model.name, context["parameters"])

    def _watch(self, platform: "Plugged", operation: str, parameters: Mapping[str, Any]) -> None:
        """An update of what is being modified is noted, though AWS Batch refuses it."""
        if operation != "UpdateComputeEnvironment":
            return
        wanted = {"computeEnvironments": [parameters["computeEnvironment"]]}
        found = platform.account.handle("batch", "DescribeComputeEnvironments", wanted)["computeEnvironments"]
        platform.written_while_updating += [one["status"] for one in found if one["status"] == "UPDATING"]

    def _end(self, model: Any, context: dict[str, Any], http_response: Any, **_: Any) -> None:
        if self.platform is None or not self.platform.in_handler:
            return
        if model.name == "Publish" and http_response.status_code == HTTPStatus.OK:
            self.platform.sns.append(context["parameters"])
        if model.name == "PutEvents" and http_response.status_code == HTTPStatus.OK:
            for entry in context["parameters"]["Entries"]:
                heard = self.platform.sweeps_heard if entry["DetailType"] == "Sweep Completed" else self.platform.events
                heard.append(entry)
        self.platform.calls.end(f"{model.service_model.service_name}:{model.name}")
