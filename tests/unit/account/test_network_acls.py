"""Network ACLs: the default one, others, the order of their rules, and what they keep from joining."""

from typing import Any

import pytest

from local.account.ec2_network_acls import lets_pass
from tests.unit.account.building import Owner, code_of

EVERYWHERE = "0.0.0.0/0"
TCP, UDP, ALL = "6", "17", "-1"


def acl_of(owner: Owner, subnet: str) -> dict[str, Any]:
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
    (found,) = owner.ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
    return dict(found)


def use(owner: Owner, acl: str) -> None:
    (association,) = [each for each in acl_of(owner, owner.subnet)["Associations"] if each["SubnetId"] == owner.subnet]
    owner.ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl)


def an_acl(owner: Owner) -> str:
    return str(owner.ec2.create_network_acl(VpcId=owner.vpc)["NetworkAcl"]["NetworkAclId"])


def rule(number: int, action: str, ports: tuple[int, int] | None = None, **members: Any) -> dict[str, Any]:
    usual = {"RuleNumber": number, "RuleAction": action, "Protocol": TCP, "CidrBlock": EVERYWHERE, "Egress": True}
    return {**usual, **({"PortRange": {"From": ports[0], "To": ports[1]}} if ports else {}), **members}


def summary(acl: dict[str, Any]) -> list[tuple[int, bool, str]]:
    return sorted((each["RuleNumber"], each["Egress"], each["RuleAction"]) for each in acl["Entries"])


def test_every_subnet_has_the_default_one_which_lets_all_pass(owner: Owner) -> None:
    found = acl_of(owner, owner.subnet)

    assert (found["IsDefault"], found["VpcId"]) == (True, owner.vpc)
    assert summary(found) == [
        (100, False, "allow"),
        (100, True, "allow"),
        (32767, False, "deny"),
        (32767, True, "deny"),
    ]


def test_a_new_one_lets_nothing_pass(owner: Owner) -> None:
    made = owner.ec2.create_network_acl(VpcId=owner.vpc)["NetworkAcl"]

    assert summary(made) == [(32767, False, "deny"), (32767, True, "deny")]
    chosen = [{"Name": "default", "Values": ["false"]}, {"Name": "vpc-id", "Values": [owner.vpc]}]
    found = owner.ec2.describe_network_acls(Filters=chosen)["NetworkAcls"]
    assert [each["NetworkAclId"] for each in found] == [made["NetworkAclId"]]


def test_entries_are_made_replaced_and_deleted(owner: Owner) -> None:
    acl = an_acl(owner)
    owner.ec2.create_network_acl_entry(NetworkAclId=acl, **rule(90, "allow", (443, 443), Protocol="tcp"))
    owner.ec2.create_network_acl_entry(NetworkAclId=acl, **rule(80, "deny", CidrBlock="10.1.2.3/16"))
    (found,) = owner.ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"]
    mine = [each for each in found["Entries"] if each["RuleNumber"] < 100]
    assert [(each["RuleNumber"], each["Protocol"], each["CidrBlock"]) for each in mine] == [
        (80, TCP, "10.1.0.0/16"),
        (90, TCP, EVERYWHERE),
    ]
    assert mine[1]["PortRange"] == {"From": 443, "To": 443}

    owner.ec2.replace_network_acl_entry(NetworkAclId=acl, **rule(90, "deny", Protocol=ALL))
    owner.ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=80, Egress=True)
    (found,) = owner.ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"]
    assert summary(found) == [(90, True, "deny"), (32767, False, "deny"), (32767, True, "deny")]


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("CreateNetworkAclEntry", rule(100, "allow"), "NetworkAclEntryAlreadyExists"),
        ("CreateNetworkAclEntry", rule(0, "allow"), "InvalidParameterValue"),
        ("CreateNetworkAclEntry", rule(101, "allow", NetworkAclId="acl-0"), "InvalidNetworkAclID.NotFound"),
        ("ReplaceNetworkAclEntry", rule(101, "allow"), "InvalidNetworkAclEntry.NotFound"),
        ("DeleteNetworkAclEntry", {"RuleNumber": 32767, "Egress": True}, "InvalidNetworkAclEntry.NotFound"),
        ("ReplaceNetworkAclAssociation", {"AssociationId": "aclassoc-0"}, "InvalidAssociationID.NotFound"),
        ("DeleteNetworkAcl", {}, "InvalidParameterValue"),
    ],
)
def test_what_cannot_be_done(owner: Owner, operation: str, parameters: dict, code: str) -> None:
    default = {"NetworkAclId": acl_of(owner, owner.subnet)["NetworkAclId"]}

    assert code_of(owner.account, "ec2", operation, **{**default, **parameters}) == code


def test_only_one_that_no_subnet_has_is_deleted(owner: Owner) -> None:
    acl = an_acl(owner)
    use(owner, acl)
    assert acl_of(owner, owner.subnet)["NetworkAclId"] == acl
    assert code_of(owner.account, "ec2", "DeleteNetworkAcl", NetworkAclId=acl) == "DependencyViolation"

    owner.ec2.delete_subnet(SubnetId=owner.subnet)
    owner.ec2.delete_network_acl(NetworkAclId=acl)


@pytest.mark.parametrize(
    ("rules", "passes"),
    [
        pytest.param([], False, id="what no rule decides is denied"),
        pytest.param([rule(1, "allow", (443, 443))], True, id="allowed"),
        pytest.param([rule(1, "allow", (80, 80))], False, id="another port"),
        pytest.param([rule(1, "allow", Protocol=ALL)], True, id="all traffic"),
        pytest.param([rule(1, "allow", (443, 443), Protocol=UDP)], False, id="another protocol"),
        pytest.param([rule(1, "allow", (443, 443), Egress=False)], False, id="the other direction"),
        pytest.param([rule(1, "allow", (443, 443), CidrBlock="10.0.0.0/8")], False, id="another address"),
        pytest.param([rule(2, "allow", (443, 443)), rule(1, "deny", Protocol=ALL)], False, id="denied before"),
        pytest.param([rule(1, "allow", (443, 443)), rule(2, "deny", Protocol=ALL)], True, id="denied after"),
        pytest.param([rule(1, "deny", CidrBlock="10.0.0.0/8"), rule(2, "allow", (443, 443))], True, id="denied others"),
    ],
)
def test_the_first_rule_that_fits_decides(rules: list[dict[str, Any]], passes: bool) -> None:
    assert lets_pass({"Entries": rules}, "203.0.113.10", (443, 443), egress=True) is passes


@pytest.mark.parametrize(
    ("rules", "passes"),
    [
        pytest.param([rule(1, "allow", (1024, 65535))], True, id="all of them"),
        pytest.param([rule(1, "allow", (49152, 65535))], False, id="the upper part"),
        pytest.param([rule(1, "allow", (1024, 50000))], False, id="the lower part"),
        pytest.param([rule(1, "allow", (1024, 50000)), rule(2, "allow", (50001, 65535))], True, id="two parts"),
        pytest.param([rule(1, "allow", (1024, 49999)), rule(2, "allow", (50001, 65535))], False, id="a gap"),
        pytest.param([rule(1, "deny", (40000, 40000)), rule(2, "allow")], False, id="a hole"),
        pytest.param([rule(1, "deny", (3389, 3389)), rule(2, "allow")], True, id="a hole elsewhere"),
    ],
)
def test_every_port_must_pass(rules: list[dict[str, Any]], passes: bool) -> None:
    assert lets_pass({"Entries": rules}, "203.0.113.10", (32768, 60999), egress=True) is passes


OUT, ANSWERS = rule(1, "allow", (443, 443)), rule(1, "allow", (1024, 65535), Egress=False)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([], "does not let HTTPS out"),
        ([ANSWERS], "does not let HTTPS out"),
        ([OUT], "does not let answers in"),
        ([OUT, ANSWERS], ""),
    ],
)
def test_instances_join_only_if_both_directions_pass(owner: Owner, rules: list[dict[str, Any]], said: str) -> None:
    acl = an_acl(owner)
    for each in rules:
        owner.ec2.create_network_acl_entry(NetworkAclId=acl, **each)
    use(owner, acl)
    found = owner.obstacle()

    assert said in found
    assert bool(said) is bool(found)


@pytest.mark.parametrize(("same_subnet", "joins"), [(True, True), (False, False)])
def test_within_a_subnet_they_do_not_matter(owner: Owner, same_subnet: bool, joins: bool) -> None:
    where = owner.subnet if same_subnet else owner.a_subnet(owner.vpc)
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": EVERYWHERE}]}
    owner.ec2.authorize_security_group_ingress(GroupId=owner.group, IpPermissions=[everything])
    for service in ("ecs", "ecs-agent", "ecs-telemetry"):
        owner.ec2.create_vpc_endpoint(
            VpcEndpointType="Interface",
            VpcId=owner.vpc,
            ServiceName=f"com.amazonaws.eu-west-1.{service}",
            SubnetIds=[where],
            SecurityGroupIds=[owner.group],
        )
    use(owner, an_acl(owner))

    assert (owner.obstacle() == "") is joins
