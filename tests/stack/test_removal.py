"""The README's last steps: floors are given back, the stack goes, and what was found stays."""

import pytest
from botocore.exceptions import ClientError

from local.stack import Deployment, LocalStack


@pytest.fixture(scope="module")
def short_lived(local_stack: LocalStack) -> Deployment:
    return local_stack.deploy(name="short-lived")


def there(stack: LocalStack, deployment: Deployment) -> dict[str, set[str]]:
    """What is there of the deployment, by kind: logical ids."""
    logical = {physical.rsplit("/", 1)[-1]: name for name, physical in deployment.resources.items()}
    found = {
        "tables": stack.client("dynamodb").list_tables()["TableNames"],
        "functions": [one["FunctionName"] for one in stack.client("lambda").list_functions()["Functions"]],
        "queues": [url.rsplit("/", 1)[-1] for url in stack.client("sqs").list_queues().get("QueueUrls", [])],
        "alarms": [one["AlarmName"] for one in stack.client("cloudwatch").describe_alarms()["MetricAlarms"]],
    }
    return {kind: {logical[name] for name in names if name in logical} for kind, names in found.items()}


def test_all_goes_but_the_incidents(local_stack: LocalStack, short_lived: Deployment) -> None:
    before = there(local_stack, short_lived)
    woken = local_stack.invoke(short_lived, "ScaleToZeroFunction", {"wake": "all"})
    local_stack.remove(short_lived)

    assert woken["failed"] == 0
    assert {kind: len(names) for kind, names in before.items()} == {
        "tables": 2,
        "functions": 4,
        "queues": 4,
        "alarms": 11,
    }
    with pytest.raises(ClientError, match="does not exist"):
        local_stack.client("cloudformation").describe_stacks(StackName=short_lived.name)
    left = {kind: names for kind, names in there(local_stack, short_lived).items() if names}
    assert left == {"tables": {"IncidentTable"}}
