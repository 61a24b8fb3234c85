"""What EC2 and ECS say of the way out and of instances, read into the model."""

import pytest

from batchmedic.aws import parse_ec2

EVERYWHERE, SOME = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, {"IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}


def group(*egress):
    return parse_ec2.security_group({"GroupId": "sg-1", "VpcId": "vpc-1", "IpPermissionsEgress": list(egress)})


@pytest.mark.parametrize(
    ("rules", "everywhere", "somewhere"),
    [
        pytest.param([{"IpProtocol": "-1", **EVERYWHERE}], True, True, id="all of it: the default"),
        pytest.param([{**HTTPS, **EVERYWHERE}], True, True, id="HTTPS"),
        pytest.param([{**HTTPS, "IpProtocol": "6", **EVERYWHERE}], True, True, id="by the number of the protocol"),
        pytest.param([{**HTTPS, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}], True, True, id="by IPv6"),
        pytest.param([{**HTTPS, "FromPort": 1, "ToPort": 65_535, **EVERYWHERE}], True, True, id="a range around it"),
        pytest.param([{**HTTPS, **SOME}], False, True, id="to some addresses"),
        pytest.param([{**HTTPS, "UserIdGroupPairs": [{"GroupId": "sg-2"}]}], False, True, id="to a group"),
        pytest.param([{**HTTPS, "IpProtocol": "udp", **EVERYWHERE}], False, False, id="another protocol"),
        pytest.param([{**HTTPS, "FromPort": 80, "ToPort": 80, **EVERYWHERE}], False, False, id="another port"),
        pytest.param([{"IpProtocol": "tcp", **EVERYWHERE}], False, False, id="no ports"),
        pytest.param([], False, False, id="no rule"),
    ],
)
def test_egress_for_https(rules, everywhere, somewhere):
    found = group(*rules)

    assert (found.lets_https_out, found.lets_some_https_out) == (everywhere, somewhere)


@pytest.mark.parametrize("count", [0, 251, None])
def test_free_addresses_that_nobody_states_are_not_zero(count):
    stated = {} if count is None else {"AvailableIpAddressCount": count}

    assert parse_ec2.subnet({"SubnetId": "subnet-1", "VpcId": "vpc-1", **stated}).free_addresses == count


@pytest.mark.parametrize(
    ("interfaces", "public"),
    [
        pytest.param([], None, id="the subnet decides"),
        pytest.param([{"DeviceIndex": 0}], None, id="an interface that says nothing"),
        pytest.param([{"AssociatePublicIpAddress": False}], False, id="none"),
        pytest.param([{"AssociatePublicIpAddress": False}, {"AssociatePublicIpAddress": True}], True, id="one of two"),
    ],
)
def test_a_template_may_decide_about_public_addresses(interfaces, public):
    version = parse_ec2.launch_template_version({"LaunchTemplateData": {"NetworkInterfaces": interfaces}})

    assert version.public_address is public


def test_the_keys_of_volumes_are_read():
    volumes = [
        {"Ebs": {"KmsKeyId": "k-1"}},
        {"Ebs": {"Encrypted": True}},
        {"NoDevice": ""},
        {"Ebs": {"KmsKeyId": "k-2"}},
    ]
    version = parse_ec2.launch_template_version({"LaunchTemplateData": {"BlockDeviceMappings": volumes}})

    assert version.volume_keys == ("k-1", "k-2")


@pytest.mark.parametrize(
    ("drivers", "takes"),
    [
        pytest.param([], True, id="nothing is said of drivers"),
        pytest.param(["awslogs", "json-file"], True, id="awslogs"),
        pytest.param(["json-file", "awsfirelens"], False, id="others"),
    ],
)
def test_log_drivers_are_attributes(drivers, takes):
    attributes = [{"name": f"com.amazonaws.ecs.capability.logging-driver.{each}"} for each in drivers]

    assert parse_ec2.container_instance({"attributes": attributes}).takes_awslogs is takes
