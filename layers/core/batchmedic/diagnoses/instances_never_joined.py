"""Instances do not join the ECS cluster, and nothing that can be read from outside of them shows why."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from batchmedic.errors import NotReadError
from batchmedic.findings import Confidence, Diagnosis, Evidence, Severity
from batchmedic.model.agent_start import instance_role, obstacles
from batchmedic.model.answers import NOT_ASKED
from batchmedic.model.commands import container_instances
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.images import images_of
from batchmedic.model.joining import NotJoining, not_joining
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.times import SLOW_START
from batchmedic.model.ways_out import acls_by_subnet, group_sets, lets_no_https_out, ways_out

AT = "at the console output of an instance and at its /var/log/ecs/ecs-agent.log, while it runs."
REPAIRED = (
    "What kept them from joining may be repaired already: AWS Batch looks again only at an update. If it gives up once "
    "more, look"
)
Sound = Callable[[NotJoining, Snapshot], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """What joining needs; `sound` says in words that it is given, is empty where it is not, and may not be read."""

    name: str
    sound: Sound


def check(environment: ComputeEnvironment, snapshot: Snapshot) -> Iterator[Evidence]:
    """By elimination; the diagnoses of the branches explain this one where they fire."""
    who = not_joining(environment, snapshot)
    if who is None:
        return
    passed: list[str] = []
    failed: list[str] = []
    gaps: list[tuple[str, NotReadError]] = []
    for branch in BRANCHES:
        try:
            words = branch.sound(who, snapshot)
        except NotReadError as gap:
            gaps.append((branch.name, gap))
        else:
            (passed if words else failed).append(words or branch.name)
    if len(gaps) == len(BRANCHES) and all(gap.because == NOT_ASKED for _, gap in gaps):
        raise gaps[0][1]  # nobody looked, so nothing was eliminated
    yield _evidence(who, passed, failed, gaps, snapshot)


def _evidence(
    who: NotJoining, passed: list[str], failed: list[str], gaps: list[tuple[str, NotReadError]], snapshot: Snapshot
) -> Evidence:
    ranked = _possibilities(who, snapshot)
    numbered = "; ".join(f"({number}) {each}" for number, each in enumerate(ranked, 1))
    unread = "; ".join(f"{name} ({gap.call}: {gap.because})" for name, gap in gaps)
    said = [
        f"{who.in_words}, and no check shows why.",
        f"Sound{' now' if who.gave_up else ''}: {'; '.join(passed)}." if passed else "",
        f"Not sound: {', '.join(failed)}." if failed else "",
        f"Not checked: {unread}." if gaps else "",
        f"Possible, the likeliest first: {numbered}.",
    ]
    repaired = who.gave_up and not failed and not gaps
    return Evidence(
        message=" ".join(each for each in said if each),
        facts={
            "passed": passed,
            "failed": failed,
            "not_checked": [{"branch": name, "because": f"{gap.call}: {gap.because}"} for name, gap in gaps],
            "possibilities": ranked,
            **who.facts,
        },
        confidence=Confidence.POSSIBLE,
        recommendation=f"{REPAIRED if repaired else 'Look'} {AT}{'' if repaired else who.then}",
        steps=_steps(who, snapshot.region, look_first=repaired),
        patience=timedelta(0) if who.gave_up else None,
    )


def _way(who: NotJoining, snapshot: Snapshot) -> str:
    ways = ways_out(who, snapshot)
    return ", ".join(way.in_words for way in ways) if ways and all(way.is_open for way in ways) else ""


def _groups(who: NotJoining, snapshot: Snapshot) -> str:
    worn = group_sets(who, snapshot)
    if any(lets_no_https_out(groups) for groups in worn):
        return ""
    groups = list(dict.fromkeys(group.id for some in worn for group in some))
    where = " to some addresses" if _restricted(who, snapshot) else ""
    return f"{', '.join(groups)} {'let' if len(groups) > 1 else 'lets'} TCP 443 out{where}"


def _acls(who: NotJoining, snapshot: Snapshot) -> str:
    acls = dict.fromkeys(acls_by_subnet(who, snapshot).values())
    if not all(acl.lets_https_through for acl in acls):
        return ""
    return f"{', '.join(acl.id for acl in acls)} {'let' if len(acls) > 1 else 'lets'} it through"


def _role(who: NotJoining, snapshot: Snapshot) -> str:
    if not who.none_registered:
        return f"the instance role, with which {who.registered} joined"
    role = instance_role(who.environment, snapshot)
    return f"{role.role} may join" if role is not None and role.can_join else ""


def _user_data(who: NotJoining, snapshot: Snapshot) -> str:
    if not who.none_registered:
        return f"user data, with which {who.registered} joined"
    if any(True for _ in obstacles(who.environment, snapshot)):
        return ""
    return (
        "no line of user data is known to stop an ECS agent"
        if who.environment.launch_templates
        else "no user data is given"
    )


BRANCHES = (
    Branch(name="the way to Amazon ECS", sound=_way),
    Branch(name="the security groups", sound=_groups),
    Branch(name="the network ACL", sound=_acls),
    Branch(name="the instance role", sound=_role),
    Branch(name="user data", sound=_user_data),
)


def _possibilities(who: NotJoining, snapshot: Snapshot) -> list[str]:
    """At most three that nobody sees from outside; what the owner chose is likelier than what AWS made."""
    environment = who.environment
    images = ", ".join(images_of(environment, snapshot))
    named = [
        "the security groups of the VPC endpoints let no TCP 443 in" if _holds(_by_endpoints, who, snapshot) else "",
        "Amazon ECS is not among the addresses that TCP 443 may go to" if _holds(_restricted, who, snapshot) else "",
        f"the machine image {images} has no ECS agent, or one that does not start" if images else "",
        "user data fails, or runs for too long before the agent starts" if environment.launch_templates else "",
        "the network behind the route, a firewall in it, or a VPC endpoint does not let Amazon ECS through",
        "the VPC resolves no names (its DNS support or its DHCP options)",
        "the ECS agent fails, for a reason in its own log",
    ]
    return [each for each in named if each][:3]


def _by_endpoints(who: NotJoining, snapshot: Snapshot) -> bool:
    """With private DNS they take the traffic even where there is a route out (VPC guide, "Interface endpoints")."""
    homes = {subnet.vpc_id for subnet in snapshot.network.subnets.known(who.subnets)}
    return any(one.usable for vpc in homes for one in snapshot.routing.endpoints.get(vpc) or ())


def _restricted(who: NotJoining, snapshot: Snapshot) -> bool:
    return not all(any(group.lets_https_out for group in groups) for groups in group_sets(who, snapshot))


def _holds(question: Callable[[NotJoining, Snapshot], bool], who: NotJoining, snapshot: Snapshot) -> bool:
    """What was not read is said to be not checked; here it just ranks nothing."""
    try:
        return question(who, snapshot)
    except NotReadError:
        return False


def _steps(who: NotJoining, region: str, *, look_first: bool) -> tuple[str, ...]:
    instance = next((one.id for one in who.seen), "INSTANCE_ID")
    show = f"aws ec2 get-console-output --region {region} --instance-id {instance} --latest --output text"
    again = who.look_again(region)
    if look_first:
        return (*again, show)
    cluster = who.environment.ecs_cluster or ""
    return (show, container_instances(cluster, region), *again)


DIAGNOSIS = Diagnosis(
    id="instances_never_joined",
    title="Instances do not join the ECS cluster, and the cause is not found",
    severity=Severity.CRITICAL,
    docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html",
    check_environment=check,
    explains=("compute_environment_invalid", "compute_environment_stuck"),
    patience=SLOW_START,  # by elimination; a slow start is no fault
    reads=("ec2:DescribeInstances", "ecs:ListContainerInstances", "ecs:DescribeContainerInstances"),
)
