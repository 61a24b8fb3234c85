"""Each safeguard alone holds a repair back that would else be made at once, with its own sentence."""

from dataclasses import replace
from typing import Any

import pytest

from batchmedic.changes import RemedyStatus
from batchmedic.findings import Confidence
from batchmedic.model.answers import Answers
from batchmedic.model.compute_environment import LaunchTemplateReference
from batchmedic.model.job import Requirements
from batchmedic.model.network import LaunchTemplateVersion
from batchmedic.remedies.move_to_security_group_of_own_vpc import REMEDY
from batchmedic.remedies.raise_max_vcpus_to_one_instance import REMEDY as RAISE
from batchmedic.remedy import Case, HeldBack, PastRepairs
from batchmedic.safeguards import held_back
from batchmedic.safeguards.permission import TAG
from tests.factories import (
    ENVIRONMENT,
    OTHER_VPC,
    OWN_VPC,
    a_compute_environment,
    a_job,
    a_job_queue,
    a_late_job,
    a_network,
)
from tests.repair_factories import (
    STRAY,
    a_case,
    a_group,
    a_network_of,
    a_sick_environment,
    a_sick_snapshot,
    a_survey,
    surroundings,
)

CLUSTER = a_compute_environment().ecs_cluster or ""
TEMPLATE = (LaunchTemplateReference(template="lt-0a1"),)


def held(case: Case, *, approved: bool = False) -> HeldBack | None:
    return held_back(case, REMEDY.safeguards, approved=approved)


def environment(**changes: Any) -> Case:
    return a_case(a_survey(a_sick_snapshot(a_sick_environment(**changes))))


def tagged(value: str, **changes: Any) -> Case:
    return replace(environment(tags={TAG: value}), **changes)


def around(**found: dict[str, Any]) -> Case:
    return a_case(a_survey(around=surroundings(**found)))


def snapshot(**changes: Any) -> Case:
    return a_case(a_survey(a_sick_snapshot(**changes)))


def waiting(**changes: Any) -> Case:
    return snapshot(job_queues=(a_job_queue(a_job(**changes)),))


def templated(**version: Any) -> Case:
    """The stray group comes from a launch template."""
    usual = {"security_groups": (STRAY,)}
    network = a_network_of(a_group(STRAY, vpc=OTHER_VPC), template=LaunchTemplateVersion(**{**usual, **version}))
    one = a_sick_environment(security_groups=(), launch_templates=TEMPLATE)
    return snapshot(compute_environments=(one,), network=network)


def associated(state: str) -> Case:
    network = a_network(groups={STRAY: OTHER_VPC}, associations={STRAY: {OWN_VPC: state}})
    return snapshot(network=network, compute_environments=(a_sick_environment(),))


def groups(**vpcs: str) -> Case:
    names = tuple(vpcs)
    one = a_sick_environment(security_groups=names)
    return snapshot(compute_environments=(one,), network=a_network(groups=vpcs))


def stray(**changes: Any) -> Case:
    network = a_network_of(a_group(STRAY, vpc=OTHER_VPC, **changes), a_group("sg-0c3"))
    return snapshot(network=network)


def neighbours(*vpcs: str) -> Case:
    """Usable environments in these VPCs, and ours."""
    others = [a_compute_environment(f"n-{n}", subnets=(f"subnet-{n}",)) for n, _ in enumerate(vpcs)]
    subnets = {"subnet-0a1": OWN_VPC, **{f"subnet-{n}": vpc for n, vpc in enumerate(vpcs)}}
    network = a_network(subnets=subnets, groups={STRAY: OTHER_VPC})
    return snapshot(compute_environments=(a_sick_environment(), *others), network=network)


def default_vpc(vpc: str) -> Case:
    network = a_network(groups={STRAY: OTHER_VPC}, default_vpc=vpc)
    return snapshot(network=network, compute_environments=(a_sick_environment(),))


def invalid(number: int, of: int) -> Case:
    """So many of so many environments, ours included."""
    sick = [a_compute_environment(f"sick-{n}", status="INVALID") for n in range(number - 1)]
    sound = [a_compute_environment(f"sound-{n}") for n in range(of - number)]
    return snapshot(compute_environments=(a_sick_environment(), *sick, *sound))


def unread(name: str) -> Case:
    around_it = surroundings()
    answers = replace(getattr(around_it, name), unread="AccessDenied")
    return a_case(a_survey(around=replace(around_it, **{name: answers})))


def without_network(name: str) -> Case:
    seen = a_sick_snapshot()
    return replace(
        a_case(),
        survey=a_survey(
            replace(seen, network=replace(seen.network, **{name: Answers(call=f"ec2:{name}", unread="AccessDenied")}))
        ),
    )


ANEW = "make a new compute environment instead and give it to the job queue"
OWNED = (
    "align-ec2 belongs to the CloudFormation stack pipelines: change it there, or the next deployment undoes the fix"
)
WAITS, PLANNED, NONE = RemedyStatus.AWAITING_APPROVAL, RemedyStatus.PLANNED, RemedyStatus.NONE

ALONE = [
    # the owner lets us
    pytest.param(
        a_case(stopped="the SSM parameter /x exists"),
        PLANNED,
        True,
        "the kill switch is on: the SSM parameter /x exists",
        id="kill switch",
    ),
    pytest.param(a_case(mode="off"), NONE, True, "RemediationMode is off", id="mode off"),
    pytest.param(tagged("off"), NONE, True, "its owner tagged align-ec2 batchmedic:remediation=off", id="tag off"),
    pytest.param(
        tagged("Apply"),
        NONE,
        True,
        'the tag batchmedic:remediation of align-ec2 has the unknown value "Apply", which counts as off',
        id="unknown tag",
    ),
    pytest.param(a_case(mode="plan"), PLANNED, False, "RemediationMode is plan", id="mode plan"),
    pytest.param(
        tagged("plan"), PLANNED, False, "its owner tagged align-ec2 batchmedic:remediation=plan", id="tag plan"
    ),
    pytest.param(
        a_case(past=PastRepairs(held_because="a person took the last fix back")),
        WAITS,
        False,
        "a person took the last fix back",
        id="held",
    ),
    pytest.param(
        a_case(past=PastRepairs(of_environment=2)),
        WAITS,
        False,
        "align-ec2 was fixed 2 times in the last 24 hours, and somebody or something undoes it",
        id="two fixes here",
    ),
    pytest.param(
        a_case(past=PastRepairs(of_all=3)), WAITS, False, "3 fixes were made in the last hour", id="three fixes in all"
    ),
    # its kind and condition
    pytest.param(
        environment(managed=False), PLANNED, True, "align-ec2 is not a managed compute environment", id="not managed"
    ),
    pytest.param(
        environment(orchestration="EKS"),
        PLANNED,
        True,
        "align-ec2 belongs to EKS, whose network follows other rules",
        id="EKS",
    ),
    pytest.param(
        environment(kind="ECS_MANAGED_INSTANCES"),
        PLANNED,
        True,
        'align-ec2 is of the kind "ECS_MANAGED_INSTANCES", which is not known here',
        id="unknown kind",
    ),
    pytest.param(
        snapshot(compute_environments=(replace(a_sick_environment(), status="UPDATING"),)),
        PLANNED,
        True,
        "align-ec2 is UPDATING: AWS Batch takes no change now",
        id="UPDATING",
    ),
    pytest.param(
        snapshot(compute_environments=(replace(a_sick_environment(), status="VALID"),)),
        WAITS,
        False,
        "align-ec2 is VALID: AWS Batch does not object to its groups yet",
        id="VALID",
    ),
    pytest.param(
        snapshot(
            compute_environments=(replace(a_sick_environment(), status="VALID"),),
            job_queues=(a_job_queue(a_late_job(waited=60)),),
        ),
        WAITS,
        False,
        "align-ec2 is VALID: AWS Batch does not object to its groups yet",
        id="VALID on instances, though stuck",
    ),
    pytest.param(
        snapshot(compute_environments=(replace(a_sick_environment(kind="FARGATE"), status="VALID"),)),
        WAITS,
        False,
        "align-ec2 is VALID: AWS Batch does not object to its groups yet",
        id="VALID on Fargate, nothing stuck",
    ),
    pytest.param(
        environment(state="DISABLED"), WAITS, False, "align-ec2 is DISABLED, which its owner did", id="DISABLED"
    ),
    pytest.param(
        environment(allocation_strategy="BEST_FIT"),
        PLANNED,
        True,
        f"AWS Batch refuses this update for the allocation strategy BEST_FIT of align-ec2: {ANEW}",
        id="BEST_FIT",
    ),
    pytest.param(
        snapshot(
            compute_environments=(replace(a_sick_environment(), service_role="arn:aws:iam::111122223333:role/mine"),)
        ),
        PLANNED,
        True,
        f"AWS Batch refuses this update for align-ec2, which has a service role of its own: {ANEW}",
        id="own service role",
    ),
    pytest.param(
        templated(security_groups=(), network_interface_groups=(STRAY,)),
        PLANNED,
        True,
        "the groups stand in a network interface of the launch template; how AWS Batch merges them is unknown",
        id="network interface",
    ),
    pytest.param(
        snapshot(job_queues=(a_job_queue(),)),
        WAITS,
        False,
        "no job waits in a job queue that lists align-ec2",
        id="nobody waits",
    ),
    pytest.param(
        snapshot(job_queues=()), WAITS, False, "no job waits in a job queue that lists align-ec2", id="no queue"
    ),
    pytest.param(
        snapshot(job_queues=(a_job_queue(front=None, front_unread="throttled"),)),
        WAITS,
        False,
        "it is not known whether jobs wait in align (throttled)",
        id="unknown whether anybody waits",
    ),
    pytest.param(around(tasks={CLUSTER: 1}), WAITS, False, "1 task starts or runs in align-ec2", id="a running task"),
    pytest.param(around(tasks={CLUSTER: 3}), WAITS, False, "3 tasks start or run in align-ec2", id="running tasks"),
    # meant so?
    pytest.param(
        groups(**{STRAY: OTHER_VPC, "sg-0d4": OWN_VPC}),
        WAITS,
        False,
        "only some of its security groups are astray (sg-0d4 may be used there): that may be meant",
        id="one among good ones",
    ),
    pytest.param(
        groups(**{STRAY: OTHER_VPC, "sg-0d4": "vpc-0ccc"}),
        WAITS,
        False,
        "its security groups are in 2 VPCs",
        id="groups in two VPCs",
    ),
    pytest.param(
        default_vpc(OWN_VPC),
        WAITS,
        False,
        f"the subnets look wrong: they are in the default VPC, and {OTHER_VPC} was made on purpose",
        id="subnets in the default VPC",
    ),
    pytest.param(
        neighbours(OTHER_VPC),
        WAITS,
        False,
        f"a sign for wrong subnets: 1 other usable environment is in {OTHER_VPC}, none in {OWN_VPC}",
        id="neighbours where the group is",
    ),
    pytest.param(
        around(stacks={OTHER_VPC: "network"}),
        WAITS,
        False,
        f"the stack network owns {OTHER_VPC} but not the subnets: the subnets may be the slip",
        id="stack of the other VPC",
    ),
    pytest.param(
        around(references={STRAY: ("sg-0e5",)}),
        WAITS,
        False,
        "rules of sg-0e5 let sg-0a1 in: what it reaches there would be lost",
        id="named by another group",
    ),
    pytest.param(
        stray(names_itself=True),
        WAITS,
        False,
        "a rule of sg-0a1 lets its members reach each other, as jobs of several nodes need it",
        id="names itself",
    ),
    pytest.param(
        waiting(file_systems=("Amazon EFS",)),
        WAITS,
        False,
        "waiting jobs mount Amazon EFS, which may let in only the groups that it knows",
        id="EFS",
    ),
    pytest.param(
        templated(names_file_systems=True),
        WAITS,
        False,
        "the user data of its launch template names a network file system, which may let in only these groups",
        id="user data mounts",
    ),
    pytest.param(
        waiting(requirements=Requirements(vcpus=4, memory=8, nodes=2)),
        WAITS,
        False,
        "a multi-node job waits, whose nodes must be let in to each other",
        id="multi-node",
    ),
    pytest.param(
        templated(elastic_fabric_adapter=True),
        WAITS,
        False,
        "its launch template has an Elastic Fabric Adapter, whose group must let itself in",
        id="EFA",
    ),
    pytest.param(
        around(stacks={ENVIRONMENT: "pipelines"}),
        WAITS,
        False,
        OWNED,
        id="CloudFormation",
    ),
    pytest.param(
        environment(tags={"aws:cloudformation:stack-name": "pipelines"}),
        WAITS,
        False,
        OWNED,
        id="tag of CloudFormation",
    ),
    pytest.param(
        around(makers={"align-ec2": "APN/1.0 HashiCorp/1.0 Terraform/1.9 (+https://www.terraform.io)"}),
        WAITS,
        False,
        "align-ec2 was made by Terraform: change it there, or the next deployment undoes the fix",
        id="Terraform",
    ),
    pytest.param(
        invalid(4, of=10),
        WAITS,
        False,
        "4 of 10 compute environments are INVALID at once: the cause is probably elsewhere",
        id="many INVALID",
    ),
    # what could not be read
    pytest.param(
        unread("stacks"),
        WAITS,
        False,
        "which side is the slip could not be checked (cloudformation:DescribeStackResources: AccessDenied)",
        id="unread: stacks",
    ),
    pytest.param(
        unread("makers"),
        WAITS,
        False,
        "who owns it could not be checked (cloudtrail:LookupEvents: AccessDenied)",
        id="unread: makers",
    ),
    pytest.param(
        replace(a_case(), past=PastRepairs(held_because="it is not known what was repaired lately (x)")),
        WAITS,
        False,
        "it is not known what was repaired lately (x)",
        id="unread: what was repaired",
    ),
    pytest.param(
        unread("tasks"),
        WAITS,
        False,
        "running tasks could not be checked (ecs:DescribeClusters: AccessDenied)",
        id="unread: tasks",
    ),
    pytest.param(
        unread("references"),
        WAITS,
        False,
        "what lets the group in could not be checked (ec2:DescribeSecurityGroups: AccessDenied)",
        id="unread: references",
    ),
    pytest.param(
        without_network("associations"),
        WAITS,
        False,
        "associations could not be checked (ec2:associations: AccessDenied)",
        id="unread: associations",
    ),
    pytest.param(
        without_network("vpcs"),
        WAITS,
        False,
        "which side is the slip could not be checked (ec2:vpcs: AccessDenied)",
        id="unread: VPCs",
    ),
]


def test_nothing_holds_back_what_should_be_done() -> None:
    assert held(a_case()) is None


@pytest.mark.parametrize(("case", "status", "final", "sentence"), ALONE)
def test_alone_it_holds_back_and_says_why(case: Case, status: RemedyStatus, final: bool, sentence: str) -> None:
    found = held(case)

    assert found is not None
    assert (found.because, found.status, found.final) == (sentence, status, final)


@pytest.mark.parametrize(("case", "status", "final", "sentence"), ALONE)
def test_a_person_lifts_exactly_what_is_not_final(case: Case, status: RemedyStatus, final: bool, sentence: str) -> None:
    found = held(case, approved=True)

    assert (found.because if found else None) == (sentence if final else None)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(tagged("apply"), id="tag apply"),
        pytest.param(tagged("apply", mode="plan"), id="tag apply lifts the mode plan"),
        pytest.param(a_case(past=PastRepairs(of_environment=1, of_all=2)), id="fixes below the limits"),
        pytest.param(
            snapshot(
                compute_environments=(
                    replace(
                        a_sick_environment(kind="FARGATE", service_role="x", allocation_strategy=None), status="VALID"
                    ),
                ),
                job_queues=(a_job_queue(a_late_job(waited=6)),),
            ),
            id="Fargate, VALID and stuck",
        ),
        pytest.param(environment(kind="FARGATE", allocation_strategy=None), id="Fargate has no strategy"),
        pytest.param(around(stacks={OTHER_VPC: "network", "subnet-0a1": "network"}), id="one stack owns both sides"),
        pytest.param(around(makers={"align-ec2": "aws-cli/2.31.0 md/command#batch"}), id="made by hand"),
        pytest.param(default_vpc(OTHER_VPC), id="the group is in the default VPC"),
        pytest.param(neighbours(OWN_VPC, OTHER_VPC), id="neighbours on both sides"),
        pytest.param(invalid(3, of=3), id="three INVALID"),
        pytest.param(invalid(4, of=20), id="a fifth INVALID"),
        pytest.param(templated(), id="groups of a launch template"),
        pytest.param(groups(**{STRAY: OTHER_VPC, "sg-0d4": OTHER_VPC}), id="two groups, both astray"),
        pytest.param(waiting(requirements=None), id="a job whose size is not known"),
    ],
)
def test_near_misses_do_not_hold_back(case: Case) -> None:
    assert held(case) is None


@pytest.mark.parametrize("state", ["associating", "disassociating", "association-failed"])
def test_an_association_on_its_way_may_make_it_right(state: str) -> None:
    found = held(associated(state))

    assert found is not None
    assert found.because == (
        f"sg-0a1 has an association with {OWN_VPC} in the state {state}: somebody is about to allow it"
    )


def test_templates_that_could_not_be_read_hold_back_what_depends_on_them() -> None:
    """Their user data may mount a file system, and their interface may be an Elastic Fabric Adapter."""
    seen = a_sick_snapshot(a_sick_environment(launch_templates=TEMPLATE))
    unread = replace(seen.network.launch_templates, unread="UnauthorizedOperation")
    found = held(a_case(a_survey(replace(seen, network=replace(seen.network, launch_templates=unread)))))

    assert found is not None
    assert "ec2:DescribeLaunchTemplateVersions: UnauthorizedOperation" in found.because


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        pytest.param(tagged("apply", mode="off"), "RemediationMode is off", id="no tag lifts the mode off"),
        pytest.param(tagged("apply", stopped="x"), "the kill switch is on: x", id="nor the kill switch"),
        pytest.param(
            tagged("off", stopped="x", mode="off"), "the kill switch is on: x", id="the kill switch comes first"
        ),
        pytest.param(tagged("plan", mode="off"), "RemediationMode is off", id="then the mode off"),
        pytest.param(
            tagged("Plan", mode="plan"),
            'the tag batchmedic:remediation of align-ec2 has the unknown value "Plan", which counts as off',
            id="an unknown tag, too",
        ),
        pytest.param(
            environment(allocation_strategy="BEST_FIT", tags={TAG: "off"}),
            "its owner tagged align-ec2 batchmedic:remediation=off",
            id="then what AWS Batch takes",
        ),
        pytest.param(
            environment(allocation_strategy="BEST_FIT", tags={TAG: "plan"}),
            f"AWS Batch refuses this update for the allocation strategy BEST_FIT of align-ec2: {ANEW}",
            id="then what only plans",
        ),
        pytest.param(
            replace(around(tasks={CLUSTER: 1}), mode="plan"), "RemediationMode is plan", id="then doubts about it"
        ),
        pytest.param(
            tagged("off", mode="plan"), "its owner tagged align-ec2 batchmedic:remediation=off", id="then the tag"
        ),
    ],
)
def test_precedence(case: Case, sentence: str) -> None:
    found = held(case)

    assert found is not None
    assert found.because == sentence


def test_the_tag_apply_says_that_code_may_own_it() -> None:
    owned = a_case(
        a_survey(a_sick_snapshot(a_sick_environment(tags={TAG: "apply"})), surroundings(stacks={ENVIRONMENT: "s"}))
    )

    assert held(owned) is None


def test_an_environment_that_was_changed_since_is_not_touched() -> None:
    changed = replace(a_case(), survey=a_survey(a_sick_snapshot(a_sick_environment(subnets=("subnet-0a1",) * 2))))
    found = held(changed, approved=True)

    assert found is not None
    assert found.because == "align-ec2 was changed since this was diagnosed; it is looked at again"


def test_what_is_only_probable_waits() -> None:
    (piece,) = a_case().evidence
    found = held(replace(a_case(), evidence=(replace(piece, confidence=Confidence.PROBABLE),)))

    assert found is not None
    assert found.because == "the cause is not certain"


def test_what_raises_the_bill_always_waits() -> None:
    found = held_back(replace(a_case(), incident=a_case().incident), RAISE.safeguards, approved=False)

    assert found is not None
    assert found.because == "it lets align-ec2 grow, and so raises the bill: a person decides"
    assert held_back(a_case(), RAISE.safeguards, approved=True) is None
