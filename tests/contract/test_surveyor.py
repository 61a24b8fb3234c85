"""What a repair depends on, read from a simulated account: what is there, what is not, and what could not be read."""

import pytest

from batchmedic.aws.ownership_evidence import OwnershipEvidence
from batchmedic.aws.snapshot_reader import reader_by
from batchmedic.aws.surveyor import AwsSurveyor
from batchmedic.errors import NotReadError
from local.account import Caller, ManualClock, SimulatedAccount
from local.account.in_process import attach
from local.owner import Owner
from tests.clients import make_client
from tests.factories import ACCOUNT, NOW, REGION, an_incident, minutes

SERVICES = ("batch", "cloudformation", "cloudtrail", "ec2", "ecs", "iam")
CLIENTS = {}


class World:
    """An owner's account with `align-ec2` in a queue `align`, and our surveyor of it."""

    def __init__(self):
        self.clock = ManualClock(NOW)
        self.account = SimulatedAccount(clock=self.clock, account_id=ACCOUNT, region=REGION)
        for service in SERVICES:
            CLIENTS.setdefault(service, make_client(service))
            attach(CLIENTS[service], self.account)
        self.owner = Owner(batch=CLIENTS["batch"], ec2=CLIENTS["ec2"])
        self.home, self.other = self.owner.place("home"), self.owner.place("other", cidr="10.9.0.0/16")
        self.environment = self.owner.compute_environment(
            "align-ec2", subnet=self.home.subnet, security_group=self.home.security_group
        )
        self.passes(2)
        self.queue = self.owner.job_queue("align", self.environment)
        self.passes(8)  # CloudTrail is some minutes late

    def passes(self, number):
        self.account.pass_time(minutes(number))

    def go_astray(self):
        self.owner.use_security_group("align-ec2", self.other.security_group)
        self.passes(12)

    def use_a_template(self):
        """`templated` has the group of home by its launch template."""
        template = self.owner.launch_template("plain", SecurityGroupIds=[self.home.security_group])
        self.owner.compute_environment(
            "templated",
            subnet=self.home.subnet,
            security_group=self.home.security_group,
            resources={"launchTemplate": {"launchTemplateId": template}, "securityGroupIds": None},
        )
        self.passes(2)

    @property
    def surveyor(self):
        reader = reader_by(CLIENTS.__getitem__, account=ACCOUNT, region=REGION, clock=self.clock.now)
        client = CLIENTS.__getitem__
        return AwsSurveyor(reader=reader, ownership=OwnershipEvidence(client), client=client, stack="batchmedic")

    def around(self):
        survey = self.surveyor.survey(an_incident(subject=self.environment, job_queues=(self.queue,)))
        assert survey is not None
        return survey.surroundings


@pytest.fixture
def world():
    made = World()
    made.go_astray()
    return made


def test_an_environment_that_is_gone_has_nothing_around_it(world):
    gone = an_incident(subject=f"{world.environment}-2", job_queues=(world.queue,))

    assert world.surveyor.survey(gone) is None
    assert world.surveyor.environment(f"{world.environment}-2") is None


def test_namesakes_are_those_in_the_vpc_of_the_subnets(world):
    assert world.around().namesakes.found == {}
    twin = world.owner.group("other-batch", world.home.vpc)
    ours = world.owner.group("batchmedic-align-ec2", world.home.vpc)
    world.owner.group("batchmedic-align-ec2", world.other.vpc)

    assert set(world.around().namesakes.found) == {twin, ours}
    (found,) = world.surveyor.named_groups("other-batch", world.home.vpc)
    assert (found.id, found.open_to_the_world, found.lets_https_out) == (twin, False, True)


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_a_rule_of_another_group_that_names_the_stray_one_is_found(world, direction):
    stray, another = world.other.security_group, world.owner.group("database", world.other.vpc)
    authorize = getattr(CLIENTS["ec2"], f"authorize_security_group_{direction}")
    permission = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": stray}]}
    assert world.around().references.get(stray) is None
    authorize(GroupId=another, IpPermissions=[permission])

    assert world.around().references.get(stray) == (another,)


def test_a_rule_of_the_stray_group_itself_is_no_other_group(world):
    stray = world.other.security_group
    CLIENTS["ec2"].authorize_security_group_ingress(
        GroupId=stray, IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": stray}]}]
    )

    assert world.around().references.get(stray) is None


def test_a_stack_that_holds_it_is_named(world):
    assert world.around().stack_of(world.environment) is None
    world.account.add_stack("pipelines", Batch=("AWS::Batch::ComputeEnvironment", world.environment))
    world.account.add_stack("network", Vpc=("AWS::EC2::VPC", world.other.vpc))

    around = world.around()
    assert around.stack_of(world.environment) == "pipelines"
    assert around.stack_of(world.other.vpc) == "network"
    assert around.stack_of(world.home.subnet) is None


def test_who_created_it_is_told_by_the_user_agent():
    world = World()
    world.account.caller = Caller(arn=world.account.caller.arn, user_agent="HashiCorp/1.0 Terraform/1.9")
    world.environment = world.owner.compute_environment(
        "by-code", subnet=world.home.subnet, security_group=world.other.security_group
    )
    world.passes(12)

    assert world.around().makers.get("by-code") == "HashiCorp/1.0 Terraform/1.9"


def test_tasks_that_run_are_counted():
    world = World()
    world.owner.submit("align", vcpus=2, memory=2_048, jobs=3, seconds=36_000)
    world.passes(10)
    cluster = world.surveyor.environment(world.environment).ecs_cluster

    assert world.around().tasks.get(cluster) == 3


def test_users_of_a_group_name_it_themselves_or_by_a_launch_template(world):
    world.use_a_template()

    assert world.surveyor.users_of(world.home.security_group) == ("templated",)
    assert world.surveyor.users_of(world.other.security_group) == ("align-ec2",)
    assert world.surveyor.users_of("sg-0123456789abcdef0") == ()


def test_statuses_are_those_of_the_jobs_that_batch_knows():
    world = World()
    (job,) = world.owner.submit("align", vcpus=2, memory=2_048, seconds=36_000)
    world.passes(8)
    arn = f"arn:aws:batch:{REGION}:{ACCOUNT}:job/{job}"

    assert world.surveyor.statuses([arn, f"{arn}x"]) == {arn: "RUNNING"}


@pytest.mark.parametrize(
    ("service", "operation", "answers"),
    [
        ("cloudformation", "DescribeStackResources", "stacks"),
        ("cloudtrail", "LookupEvents", "makers"),
        ("ecs", "DescribeClusters", "tasks"),
        ("ec2", "DescribeSecurityGroups", "namesakes"),
    ],
)
def test_what_is_denied_is_not_read_and_not_absent(world, service, operation, answers):
    before = getattr(world.around(), answers)
    world.account.deny(service, operation)
    found = getattr(world.around(), answers)

    assert before.unread is None
    if answers != "namesakes":  # without the stray groups nothing is asked about them: the diagnosis cannot be made
        with pytest.raises(NotReadError):
            found.get("x")


def test_templates_that_could_not_be_read_leave_it_open_who_uses_a_group(world):
    world.use_a_template()
    world.account.deny("ec2", "DescribeLaunchTemplateVersions")

    with pytest.raises(NotReadError):
        world.surveyor.users_of(world.home.security_group)
