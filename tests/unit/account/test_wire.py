"""The wire formats, and life beside moto."""

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from moto import mock_aws

from local.account import ManualClock, SimulatedAccount, wire
from local.account.in_process import attach
from tests.unit.account.building import REGION, START, Owner, client

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("service", "request_", "status", "code"),
    [
        ("batch", ("POST", "/v1/describejobqueues", {}, b"{", {}), 400, "SerializationException"),
        ("batch", ("POST", "/v1/describejobqueues", {}, b"[]", {}), 400, "SerializationException"),
        ("batch", ("POST", "/v1/nothing", {}, b"{}", {}), 404, "UnknownOperationException"),
        ("batch", ("POST", "/v1/submitjob", {}, b"{}", {}), 400, "ClientException"),
        ("batch", ("POST", "/v1/describeserviceenvironments", {}, b"{}", {}), 501, "NotSimulated"),
        ("ecs", ("POST", "/", {"x-amz-target": "X.Nothing"}, b"{}", {}), 400, "UnknownOperationException"),
        ("ec2", ("POST", "/", FORM, b"Action=Nothing", {}), 400, "InvalidAction"),
        ("ec2", ("POST", "/", FORM, b"Action=CreateSubnet", {}), 400, "InvalidParameterValue"),
        ("ec2", ("POST", "/", FORM, b"Action=DescribeVpcs&MaxResults=x", {}), 400, "MalformedQueryString"),
        ("ec2", ("POST", "/", FORM, b"Action=DescribeVpcs&Filter=x&Filter.1.Name=y", {}), 400, "MalformedQueryString"),
        ("iam", ("POST", "/", FORM, b"Action=GetRole", {}), 400, "ValidationError"),
        (
            "cloudtrail",
            ("POST", "/", {"x-amz-target": "X.LookupEvents"}, b'{"MaxResults": 0}', {}),
            400,
            "ValidationEx",
        ),
        ("autoscaling", ("GET", "/", {}, None, {"Action": ["RunInstances"]}), 400, "InvalidAction"),
        ("service-quotas", ("POST", "/", {"x-amz-target": "X.ListServices"}, b"{}", {}), 501, "NotSimulated"),
    ],
)
def test_what_nobody_can_answer_is_an_error_of_the_service(
    service: str, request_: tuple, status: int, code: str
) -> None:
    account = SimulatedAccount(clock=ManualClock(START))
    answered, headers, body = wire.respond(account, service, *request_)

    assert (answered, code in body.decode()) == (status, True)
    assert headers["content-type"].startswith(("application/", "text/xml"))


def test_a_query_may_stand_in_the_address() -> None:
    account = SimulatedAccount(clock=ManualClock(START))
    status, _, body = wire.respond(account, "autoscaling", "GET", "/", {}, b"", {"Action": "DescribeAutoScalingGroups"})

    assert (status, b"<AutoScalingGroups></AutoScalingGroups>" in body) == (200, True)


def test_text_survives_the_wire(owner: Owner) -> None:
    text = "a <b> & \"c\" 'd' é"
    owner.ec2.create_security_group(GroupName=text, Description=text, VpcId=owner.vpc)
    found = owner.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [text]}])["SecurityGroups"]
    assert [one["Description"] for one in found] == [text]

    owner.an_environment(tags={"note": text})
    assert owner.environment()["tags"] == {"note": text}


def test_times_survive_the_wire(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(minvCpus=16))
    (instance,) = owner.ec2.describe_instances()["Reservations"][0]["Instances"]
    (group,) = owner.auto_scaling.describe_auto_scaling_groups()["AutoScalingGroups"]

    assert (group["CreatedTime"], (instance["LaunchTime"] - START).total_seconds()) == (START, 60)


def test_the_account_answers_for_its_services_and_moto_for_the_others() -> None:
    account = SimulatedAccount(clock=ManualClock(START))
    session = boto3.Session("testing", "testing", region_name=REGION)
    attach(session, account)
    with mock_aws():
        session.client("sqs").create_queue(QueueName="looks")
        assert len(session.client("sqs").list_queues()["QueueUrls"]) == 1
        assert session.client("ec2").describe_vpcs()["Vpcs"] == []  # moto would have a default VPC

    assert account.calls == [("ec2", "DescribeVpcs", {})]


def test_another_account_replaces_the_first_on_the_same_client(owner: Owner) -> None:
    second = SimulatedAccount(clock=ManualClock(START))
    attach(owner.ec2, second)

    assert owner.ec2.describe_vpcs()["Vpcs"] == []
    assert [call[1] for call in second.calls] == ["DescribeVpcs"]


@pytest.mark.parametrize(
    ("service", "operation", "denied", "throttled"),
    [
        ("batch", "DescribeJobQueues", ("AccessDeniedException", 403), ("TooManyRequestsException", 429)),
        ("ec2", "DescribeVpcs", ("UnauthorizedOperation", 403), ("RequestLimitExceeded", 503)),
        ("ecs", "DescribeClusters", ("AccessDeniedException", 403), ("ThrottlingException", 400)),
        ("autoscaling", "DescribeScalingActivities", ("AccessDenied", 403), ("Throttling", 400)),
        ("cloudtrail", "LookupEvents", ("AccessDeniedException", 400), ("ThrottlingException", 400)),
    ],
)
def test_denied_and_throttled_requests(
    owner: Owner, service: str, operation: str, denied: tuple, throttled: tuple
) -> None:
    call = getattr(client(service), xform_name(operation))

    def failure() -> tuple[str, int]:
        with pytest.raises(ClientError) as caught:
            call()
        answer = caught.value.response
        return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]

    owner.account.deny(service, operation)
    assert failure() == denied
    owner.account.allow(service, operation)
    owner.account.throttle(service, operation, times=2)
    assert [failure(), failure()] == [throttled, throttled]
    call()
    assert owner.account.calls[-1] == (service, operation, {})
