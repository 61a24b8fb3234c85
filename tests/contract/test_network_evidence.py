"""The network around sick environments, read from EC2: by filter, in bulk, and with a gap where nobody could look."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from batchmedic.aws.network_evidence import NetworkEvidence
from batchmedic.errors import NotReadError
from batchmedic.model.compute_environment import ComputeEnvironment, LaunchTemplateReference
from batchmedic.model.network import LaunchTemplateVersion, Network
from tests.contract.answering import Answer, answering, refusal
from tests.factories import a_compute_environment, a_snapshot

ASSOCIATIONS = "DescribeSecurityGroupVpcAssociations"  # moto does not know it
MISSING_SUBNET, MISSING_GROUP = "subnet-0123456789abcdef0", "sg-0123456789abcdef0"


@pytest.fixture
def own_vpc(ec2):
    return ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def other_vpc(ec2):
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "staging"}]}]
    return ec2.create_vpc(CidrBlock="10.1.0.0/16", TagSpecifications=tags)["Vpc"]["VpcId"]


@pytest.fixture
def template(own_vpc):
    """Of a name that no other test uses."""
    return LaunchTemplateReference(template=f"gpu-{own_vpc}", version="1")


def a_subnet(ec2: Any, vpc: str, number: int = 0) -> str:
    cidr = f"{'10.0' if number < 100 else '10.1'}.{number % 100}.0/24"
    subnet: str = ec2.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]
    return subnet


def a_group(ec2: Any, vpc: str, name: str = "workers") -> str:
    group: str = ec2.create_security_group(VpcId=vpc, GroupName=name, Description="x")["GroupId"]
    return group


def look(
    ec2: Any,
    *sick: ComputeEnvironment,
    healthy: tuple[ComputeEnvironment, ...] = (),
    **answers: Answer | dict[str, Any] | Exception,
) -> tuple[Network, list[tuple[str, Mapping[str, Any]]]]:
    """The network as read, and the calls; no security group is associated with a further VPC unless answered so."""
    snapshot = replace(a_snapshot(), compute_environments=(*sick, *healthy), network=Network())
    with answering(ec2, **{ASSOCIATIONS: {"SecurityGroupVpcAssociations": []}} | answers) as calls:
        network = NetworkEvidence(ec2=lambda: ec2)(snapshot, list(sick))
    return network, calls


def names(calls: list[tuple[str, Mapping[str, Any]]]) -> list[str]:
    return [operation for operation, _ in calls]


def test_subnets_and_groups_are_found_with_their_vpcs(ec2, own_vpc):
    subnet, group = a_subnet(ec2, own_vpc), a_group(ec2, own_vpc)

    network, calls = look(ec2, a_compute_environment(subnets=(subnet,), security_groups=(group,)))

    assert network.subnets.get(subnet).vpc_id == own_vpc
    found = network.security_groups.get(group)
    assert (found.vpc_id, found.name) == (own_vpc, "workers")
    assert names(calls) == ["DescribeSubnets", "DescribeSecurityGroups"]
    assert network.associations.found == {}


def test_what_does_not_exist_is_absent_and_hides_nothing_else(ec2, own_vpc):
    """A request by ids would fail as a whole."""
    subnet, group = a_subnet(ec2, own_vpc), a_group(ec2, own_vpc)
    environment = a_compute_environment(
        subnets=(MISSING_SUBNET, subnet, "subnet-1,subnet-2"), security_groups=(group, MISSING_GROUP, "not an id")
    )

    network, _ = look(ec2, environment)

    assert [network.subnets.get(each) is None for each in environment.subnets] == [True, False, True]
    assert [network.security_groups.get(each) is None for each in environment.security_groups] == [False, True, True]


def test_a_group_in_another_vpc_is_looked_into(ec2, own_vpc, other_vpc):
    subnet, group, at_home = a_subnet(ec2, own_vpc), a_group(ec2, other_vpc), a_group(ec2, own_vpc)
    pair = {"GroupId": group, "VpcId": own_vpc, "VpcOwnerId": "111122223333", "State": "associating"}

    network, calls = look(
        ec2,
        a_compute_environment(subnets=(subnet,), security_groups=(group, at_home)),
        **{ASSOCIATIONS: {"SecurityGroupVpcAssociations": [pair]}},
    )

    assert network.associations.get(group) == {own_vpc: "associating"}
    assert at_home not in network.associations.found
    assert dict(calls)[ASSOCIATIONS] == {"Filters": [{"Name": "group-id", "Values": [group]}]}
    assert (network.vpcs.get(other_vpc).name, network.vpcs.get(own_vpc).name) == ("staging", "")


def test_a_group_with_several_further_vpcs_keeps_them_all(ec2, own_vpc, other_vpc):
    subnet, group = a_subnet(ec2, own_vpc), a_group(ec2, other_vpc)
    pairs = [
        {"GroupId": group, "VpcId": vpc, "State": state}
        for vpc, state in ((own_vpc, "associated"), ("vpc-3", "disassociated"))
    ]

    network, _ = look(
        ec2,
        a_compute_environment(subnets=(subnet,), security_groups=(group,)),
        **{ASSOCIATIONS: {"SecurityGroupVpcAssociations": pairs}},
    )

    assert network.associations.get(group) == {own_vpc: "associated", "vpc-3": "disassociated"}


def test_the_default_vpc_is_known_as_such(ec2, own_vpc):
    [default] = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    group = a_group(ec2, default["VpcId"])

    network, _ = look(ec2, a_compute_environment(subnets=(a_subnet(ec2, own_vpc),), security_groups=(group,)))

    assert network.vpcs.get(default["VpcId"]).is_default
    assert not network.vpcs.get(own_vpc).is_default


def test_subnets_of_healthy_neighbours_are_read_too(ec2, own_vpc, other_vpc):
    mine, theirs = a_subnet(ec2, own_vpc), a_subnet(ec2, other_vpc, 101)
    group = a_group(ec2, own_vpc)

    network, calls = look(
        ec2,
        a_compute_environment(subnets=(mine,), security_groups=(group,)),
        healthy=(a_compute_environment("neighbour", subnets=(theirs,), security_groups=("sg-theirs",)),),
    )

    assert network.subnets.get(theirs).vpc_id == other_vpc
    assert dict(calls)["DescribeSecurityGroups"] == {"Filters": [{"Name": "group-id", "Values": [group]}]}


def test_more_ids_than_a_filter_takes_are_all_read(ec2, own_vpc):
    """EC2 takes up to 200 values per filter; what was left out would look like what does not exist."""
    groups = tuple(f"sg-{number:017x}" for number in range(450))

    def as_asked(parameters: Mapping[str, Any]) -> dict[str, Any]:
        [asked] = parameters["Filters"]
        assert len(asked["Values"]) <= 200
        return {"SecurityGroups": [{"GroupId": each, "VpcId": own_vpc} for each in asked["Values"]]}

    network, calls = look(
        ec2,
        a_compute_environment(subnets=(a_subnet(ec2, own_vpc),), security_groups=groups),
        DescribeSecurityGroups=as_asked,
    )

    assert len(network.security_groups.known(groups)) == 450
    assert names(calls).count("DescribeSecurityGroups") == 3


def test_every_page_is_read(ec2, own_vpc):
    groups = ("sg-0", "sg-1", "sg-2")

    def page(parameters: Mapping[str, Any]) -> dict[str, Any]:
        number = int(parameters.get("NextToken", 0))
        more = {"NextToken": str(number + 1)} if number < 2 else {}
        return {"SecurityGroups": [{"GroupId": groups[number], "VpcId": own_vpc}], **more}

    network, _ = look(
        ec2,
        a_compute_environment(subnets=(a_subnet(ec2, own_vpc),), security_groups=groups),
        DescribeSecurityGroups=page,
    )

    assert len(network.security_groups.known(groups)) == 3


@pytest.mark.parametrize("operation", ["DescribeSubnets", "DescribeSecurityGroups", "DescribeVpcs", ASSOCIATIONS])
def test_an_empty_answer_is_an_answer(ec2, own_vpc, other_vpc, operation):
    subnet, group = a_subnet(ec2, own_vpc), a_group(ec2, other_vpc)

    network, _ = look(ec2, a_compute_environment(subnets=(subnet,), security_groups=(group,)), **{operation: {}})

    assert network.subnets.unread is network.security_groups.unread is None


def test_many_environments_cost_as_many_calls_as_one(ec2, own_vpc, other_vpc):
    subnet, group = a_subnet(ec2, own_vpc), a_group(ec2, other_vpc)
    sick = [a_compute_environment(f"ce{n}", subnets=(subnet,), security_groups=(group,)) for n in range(50)]

    _, calls = look(ec2, *sick)

    assert names(calls) == ["DescribeSubnets", "DescribeSecurityGroups", ASSOCIATIONS, "DescribeVpcs"]


@pytest.mark.parametrize("sick", [[], [a_compute_environment(subnets=(), security_groups=())]])
def test_where_nothing_has_a_network_nothing_is_asked(ec2, sick):
    network, calls = look(ec2, *sick)

    assert calls == []
    with pytest.raises(NotReadError):
        network.subnets.get(MISSING_SUBNET)


@pytest.mark.parametrize(
    "asked",
    [
        ("DescribeSubnets", "subnets"),
        ("DescribeSecurityGroups", "security_groups"),
        (ASSOCIATIONS, "associations"),
        ("DescribeVpcs", "vpcs"),
    ],
)
@pytest.mark.parametrize(
    "gap",
    [
        (refusal("UnauthorizedOperation", status=403), "UnauthorizedOperation"),
        (refusal("RequestLimitExceeded", status=503), "RequestLimitExceeded"),
        (ReadTimeoutError(endpoint_url="x"), "ReadTimeoutError"),
    ],
)
def test_what_could_not_be_read_is_a_gap_and_the_rest_is_there(ec2, own_vpc, other_vpc, asked, gap):
    (operation, member), (answer, because) = asked, gap
    subnet, group = a_subnet(ec2, own_vpc), a_group(ec2, other_vpc)

    network, _ = look(ec2, a_compute_environment(subnets=(subnet,), security_groups=(group,)), **{operation: answer})

    with pytest.raises(NotReadError) as caught:
        getattr(network, member).get("anything")
    assert (caught.value.call, caught.value.because) == (f"ec2:{operation}", because)
    if member != "subnets":
        assert network.subnets.get(subnet).vpc_id == own_vpc
    if member != "security_groups":
        assert network.security_groups.get(group).vpc_id == other_vpc


class TestLaunchTemplates:
    """They matter where the environment itself names no security group."""

    def environment(self, subnet: str, *references: LaunchTemplateReference) -> ComputeEnvironment:
        return a_compute_environment(subnets=(subnet,), security_groups=(), launch_templates=references)

    def test_every_way_to_name_a_group_is_read(self, ec2, own_vpc, other_vpc, template):
        first, second = a_group(ec2, other_vpc, "first"), a_group(ec2, other_vpc, "second")
        data = {
            "SecurityGroupIds": [first],
            "SecurityGroups": ["by-name"],
            "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": [second]}, {"DeviceIndex": 1}],
            "UserData": "c2VjcmV0",
        }
        ec2.create_launch_template(LaunchTemplateName=template.template, LaunchTemplateData=data)

        network, _ = look(ec2, self.environment(a_subnet(ec2, own_vpc), template))

        assert replace(network.launch_templates.get(template.key), id="") == LaunchTemplateVersion(
            security_groups=(first,),
            security_group_names=("by-name",),
            network_interface_groups=(second,),
            user_data_is_multipart=False,
        )
        assert network.security_groups.get(first).vpc_id == network.security_groups.get(second).vpc_id == other_vpc

    def test_an_environment_with_groups_of_its_own_uses_no_others(self, ec2, own_vpc, template):
        """AWS Batch API reference, ComputeResource, securityGroupIds."""
        environment = self.environment(a_subnet(ec2, own_vpc), template)
        ec2.create_launch_template(
            LaunchTemplateName=template.template, LaunchTemplateData={"SecurityGroupIds": ["sg-2"]}
        )

        _, calls = look(ec2, replace(environment, security_groups=("sg-1",)))

        (asked,) = [parameters for operation, parameters in calls if operation == "DescribeSecurityGroups"]
        assert asked["Filters"][0]["Values"] == ["sg-1"]

    @pytest.mark.parametrize("version", ["$Default", "$Latest", "2"])
    def test_the_named_version_is_read_by_id(self, ec2, own_vpc, version, template):
        groups = {each: a_group(ec2, own_vpc, each) for each in ("old", "new")}
        made = ec2.create_launch_template(
            LaunchTemplateName=template.template, LaunchTemplateData={"SecurityGroupIds": [groups["old"]]}
        )
        template_id = made["LaunchTemplate"]["LaunchTemplateId"]
        ec2.create_launch_template_version(
            LaunchTemplateId=template_id, LaunchTemplateData={"SecurityGroupIds": [groups["new"]]}
        )
        reference = LaunchTemplateReference(template=template_id, version=version)

        network, _ = look(ec2, self.environment(a_subnet(ec2, own_vpc), reference))

        wanted = groups["old" if version == "$Default" else "new"]
        assert network.launch_templates.get(reference.key).security_groups == (wanted,)

    def test_a_template_that_says_nothing_of_groups_is_still_found(self, ec2, own_vpc, template):
        ec2.create_launch_template(LaunchTemplateName=template.template, LaunchTemplateData={"EbsOptimized": True})

        network, _ = look(ec2, self.environment(a_subnet(ec2, own_vpc), template))

        assert replace(network.launch_templates.get(template.key), id="") == LaunchTemplateVersion()

    def test_a_template_shared_by_environments_is_read_once(self, ec2, own_vpc, template):
        ec2.create_launch_template(LaunchTemplateName=template.template, LaunchTemplateData={"EbsOptimized": True})
        environment = self.environment(a_subnet(ec2, own_vpc), template, template)

        _, calls = look(ec2, environment, replace(environment, arn="arn:other"))

        assert names(calls).count("DescribeLaunchTemplateVersions") == 1

    @pytest.mark.parametrize(
        "code",
        [
            "InvalidLaunchTemplateId.NotFound",
            "InvalidLaunchTemplateId.VersionNotFound",
            "InvalidLaunchTemplateName.NotFoundException",
        ],
    )
    def test_one_that_is_gone_is_absent_and_hides_no_other(self, ec2, own_vpc, code, template):
        gone = LaunchTemplateReference(template="gone")
        found = {"LaunchTemplateVersions": [{"LaunchTemplateData": {"SecurityGroupIds": ["sg-1"]}}]}

        subnet = a_subnet(ec2, own_vpc)
        network, _ = look(
            ec2,
            self.environment(subnet, gone),
            replace(self.environment(subnet, template), arn="arn:other"),
            DescribeLaunchTemplateVersions=lambda p: refusal(code) if p["LaunchTemplateName"] == "gone" else found,
        )

        assert network.launch_templates.get(gone.key) is None
        assert network.launch_templates.get(template.key).security_groups == ("sg-1",)

    def test_ones_that_could_not_be_read_are_a_gap(self, ec2, own_vpc, template):
        network, _ = look(
            ec2,
            self.environment(a_subnet(ec2, own_vpc), template),
            DescribeLaunchTemplateVersions=refusal("UnauthorizedOperation", status=403),
        )

        with pytest.raises(NotReadError, match="ec2:DescribeLaunchTemplateVersions: UnauthorizedOperation"):
            network.launch_templates.get(template.key)

    def test_the_templates_of_overrides_are_one_call_however_many_there_are(self, ec2, own_vpc):
        """Without a template, EC2 describes the latest and the default version of all (EC2 API reference)."""
        listed = [version("lt-1", 1, default=True), version("lt-1", 3), version("lt-2", 7, default=True)]
        named = [
            LaunchTemplateReference(template=template, version=number)
            for template, number in (("lt-1", "$Default"), ("lt-1", "$Latest"), ("lt-1", "1"), ("name-2", "$Default"))
        ]
        gone = LaunchTemplateReference(template="lt-3")

        network, calls = look(
            ec2,
            self.environment(a_subnet(ec2, own_vpc), *named, gone),
            DescribeLaunchTemplateVersions={"LaunchTemplateVersions": listed},
        )

        (asked,) = [parameters for operation, parameters in calls if operation == "DescribeLaunchTemplateVersions"]
        assert asked == {"Versions": ["$Latest", "$Default"]}
        groups = [network.launch_templates.get(each.key).security_groups for each in named]
        assert groups == [("sg-lt-1-1",), ("sg-lt-1-3",), ("sg-lt-1-1",), ("sg-lt-2-7",)]
        assert network.launch_templates.get(gone.key) is None

    def test_an_old_version_among_overrides_is_a_gap_and_hides_no_other(self, ec2, own_vpc):
        old = LaunchTemplateReference(template="lt-1", version="2")
        new = LaunchTemplateReference(template="lt-1", version="$Latest")

        network, _ = look(
            ec2,
            self.environment(a_subnet(ec2, own_vpc), old, new),
            DescribeLaunchTemplateVersions={"LaunchTemplateVersions": [version("lt-1", 3, default=True)]},
        )

        assert network.launch_templates.get(new.key) is not None
        with pytest.raises(NotReadError, match="not asked"):
            network.launch_templates.get(old.key)


def version(template: str, number: int, *, default: bool = False) -> dict[str, Any]:
    """As EC2 describes it, with one security group."""
    return {
        "LaunchTemplateId": template,
        "LaunchTemplateName": template.replace("lt-", "name-"),
        "VersionNumber": number,
        "DefaultVersion": default,
        "LaunchTemplateData": {"SecurityGroupIds": [f"sg-{template}-{number}"]},
    }
