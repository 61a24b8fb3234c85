"""Records the cases anew from the simulated account, by `make cases`. Read what changed before keeping it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from local.account import ManualClock, SimulatedAccount
from local.account.in_process import attach
from local.owner import Owner, Place
from tests.cases.replay import HERE, findings, sweep
from tests.clients import make_client
from tests.factories import ACCOUNT, REGION


@dataclass(slots=True)
class World:
    """An account with one place to run in, and a recorder between it and whoever asks."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2026, 11, 25, 8, 0, tzinfo=UTC)))
    recorded: list[dict[str, Any]] = field(default_factory=list)
    clients: dict[str, Any] = field(default_factory=dict)
    account: SimulatedAccount = field(init=False)
    owner: Owner = field(init=False)
    home: Place = field(init=False)

    def __post_init__(self) -> None:
        self.account = SimulatedAccount(clock=self.clock, account_id=ACCOUNT, region=REGION)
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

    def submit(self, **job: Any) -> None:
        self.owner.submit("align", **{"vcpus": 2, "memory": 2_048, **job})


def security_group_in_other_vpc(world: World) -> None:
    """The environment's security group was exchanged for one of another VPC; jobs wait."""
    world.queue()
    elsewhere = world.owner.place("elsewhere", cidr="10.9.0.0/16")
    world.owner.use_security_group("align-ec2", elsewhere.security_group)
    world.minutes(12)
    world.submit(jobs=3)
    world.minutes(11)


def security_group_associated_with_the_vpc(world: World) -> None:
    """The security group is of another VPC, and associated with the one of the subnets: legal since 2024."""
    elsewhere = world.owner.place("elsewhere", cidr="10.9.0.0/16")
    world.owner.ec2.associate_security_group_vpc(GroupId=elsewhere.security_group, VpcId=world.home.vpc)
    world.minutes(1)
    world.queue(security_group=elsewhere.security_group)
    world.submit()
    world.minutes(1)


def job_exceeds_memory(world: World) -> None:
    """A job asks for all the memory that EC2 lists for its type; a registered instance shows that less is there."""
    world.queue()
    world.submit(seconds=4 * 3600)
    world.minutes(6)
    world.submit(vcpus=4, memory=32_768)
    world.minutes(12)


def job_exceeds_memory_by_estimate(world: World) -> None:
    """The same with no instance to measure: told as probable, once AWS Batch blames the size."""
    world.queue()
    world.submit(vcpus=4, memory=32_768)
    world.minutes(12)


def job_exceeds_max_vcpus(world: World) -> None:
    """A job asks for more vCPUs than both environments of its queue may reach."""
    world.queue("align-ec2", "align-spare", max_vcpus=32)
    world.submit(vcpus=64)
    world.minutes(1)


def compute_environments_disabled(world: World) -> None:
    """The only environment was switched off, and then jobs came."""
    world.queue()
    world.owner.batch.update_compute_environment(computeEnvironment="align-ec2", state="DISABLED")
    world.minutes(5)
    world.submit()
    world.minutes(5)


def compute_environments_disabled_on_purpose(world: World) -> None:
    """The only environment was switched off, and nothing waits."""
    world.queue()
    world.owner.batch.update_compute_environment(computeEnvironment="align-ec2", state="DISABLED")
    world.minutes(30)


def compute_environment_invalid(world: World) -> None:
    """The service role is gone: no diagnosis here knows that, so AWS's own text is what can be said."""
    world.queue()
    world.account.roles.clear()
    world.owner.batch.update_compute_environment(
        computeEnvironment="align-ec2", computeResources={"instanceTypes": ["c7g.8xlarge"]}
    )
    world.minutes(15)
    world.submit()
    world.minutes(11)


def healthy_starting_up(world: World) -> None:
    """A job waits while its instance starts, within the normal time."""
    world.queue()
    world.submit()
    world.minutes(2)


def healthy_waiting_behind_others(world: World) -> None:
    """Thirty jobs; the environment is as large as it may be, and jobs finish."""
    world.queue(max_vcpus=32)
    world.submit(vcpus=8, memory=8_192, jobs=30, seconds=900)
    world.minutes(55)


def healthy_other_environment_takes_the_jobs(world: World) -> None:
    """The first environment of the queue is too small for the job, the second one is not."""
    small = world.owner.compute_environment(
        "align-small", subnet=world.home.subnet, security_group=world.home.security_group, max_vcpus=16
    )
    large = world.owner.compute_environment(
        "align-large",
        subnet=world.home.subnet,
        security_group=world.home.security_group,
        instance_types=["c7g.16xlarge"],
    )
    world.minutes(2)
    world.owner.job_queue("align", small, large)
    world.minutes(1)
    world.submit(vcpus=48, memory=65_536)
    world.minutes(2)


def healthy_idle(world: World) -> None:
    """Nothing to do."""
    world.queue()
    world.minutes(60)


STORIES: tuple[Callable[[World], None], ...] = (
    security_group_in_other_vpc,
    security_group_associated_with_the_vpc,
    job_exceeds_memory,
    job_exceeds_memory_by_estimate,
    job_exceeds_max_vcpus,
    compute_environments_disabled,
    compute_environments_disabled_on_purpose,
    compute_environment_invalid,
    healthy_starting_up,
    healthy_waiting_behind_others,
    healthy_other_environment_takes_the_jobs,
    healthy_idle,
)


def record(story: Callable[[World], None]) -> dict[str, Any]:
    world = World()
    story(world)
    world.recorded.clear()
    case = {"account": ACCOUNT, "region": REGION, "at": world.clock.now().isoformat()}
    examination = sweep(case, world.client)
    return {
        "says": story.__doc__,
        **case,
        "findings": findings(examination),
        "not_checked": [gap.diagnosis for gap in examination.gaps],
        "calls": json.loads(json.dumps(world.recorded, default=str)),
    }


def main() -> None:
    for story in STORIES:
        case = record(story)
        (HERE / f"{story.__name__}.json").write_text(json.dumps(case, indent=1, ensure_ascii=False) + "\n")
        found = [f"{one['diagnosis']} ({one['severity']}, {one['confidence']})" for one in case["findings"]]
        print(f"{story.__name__}: {', '.join(found) or 'silence'}")


if __name__ == "__main__":
    main()
