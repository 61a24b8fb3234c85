"""Instance types as EC2 really has them."""

from tests.unit.account.building import Owner, code_of


def names(answer: dict) -> list[str]:
    return [each["InstanceType"] for each in answer["InstanceTypes"]]


def test_sizes_are_the_real_ones(owner: Owner) -> None:
    (found,) = owner.ec2.describe_instance_types(InstanceTypes=["c7g.4xlarge"])["InstanceTypes"]

    assert (found["VCpuInfo"]["DefaultVCpus"], found["MemoryInfo"]["SizeInMiB"]) == (16, 32768)
    assert found["ProcessorInfo"]["SupportedArchitectures"] == ["arm64"]


def test_wildcards_tell_a_family_from_its_cousins(owner: Owner) -> None:
    def families(pattern: str) -> set[str]:
        answer = owner.ec2.describe_instance_types(Filters=[{"Name": "instance-type", "Values": [pattern]}])
        return {name.partition(".")[0] for name in names(answer)}

    assert families("c5.*") == {"c5"}
    assert families("c5*") >= {"c5", "c5d", "c5n"}


def test_all_pages_together_are_all_types_of_the_region(owner: Owner) -> None:
    pages = owner.ec2.get_paginator("describe_instance_types").paginate(
        Filters=[{"Name": "processor-info.supported-architecture", "Values": ["arm64"]}]
    )
    found = [name for page in pages for name in names(page)]

    assert len(found) == len(set(found)) > 100
    assert "c7g.4xlarge" in found
    assert "c7i.4xlarge" not in found


def test_offerings_by_zone(owner: Owner) -> None:
    wanted = [{"Name": "instance-type", "Values": ["c7g.4xlarge"]}]
    found = owner.ec2.describe_instance_type_offerings(LocationType="availability-zone", Filters=wanted)

    assert {each["Location"] for each in found["InstanceTypeOfferings"]} <= {"eu-west-1a", "eu-west-1b", "eu-west-1c"}
    assert {each["LocationType"] for each in found["InstanceTypeOfferings"]} == {"availability-zone"}


def test_what_is_wrong_is_refused(owner: Owner) -> None:
    account = owner.account

    assert code_of(account, "ec2", "DescribeInstanceTypes", InstanceTypes=["c7g.x"]) == "InvalidInstanceType"
    too_many = ["c7g.large"] * 101
    assert code_of(account, "ec2", "DescribeInstanceTypes", InstanceTypes=too_many) == "InvalidParameterValue"
    both = {"InstanceTypes": ["c7g.large"], "MaxResults": 5}
    assert code_of(account, "ec2", "DescribeInstanceTypes", **both) == "InvalidParameterCombination"
