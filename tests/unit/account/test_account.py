"""The account itself: it keeps its own, it is the same every time, and it knows nothing of the product."""

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import local.account
from local.account import AwsError, ManualClock, SimulatedAccount
from tests.unit.account.building import START, Owner, code_of

SOURCES = sorted(Path(local.account.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_it_imports_nothing_of_the_product(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).partition(".")[0])

    assert not imported & {"batchmedic", "functions", "tests", "boto3"}


def story(owner: Owner) -> list[dict]:
    owner.an_environment()
    owner.a_queue()
    owner.submit(arrayProperties={"size": 5})
    owner.pass_minutes(30)
    return owner.events


def test_the_same_story_is_the_same_to_the_last_id() -> None:
    assert story(Owner()) == story(Owner()) != []


def test_it_does_not_matter_in_which_strides_time_passes() -> None:
    def told(strides: list[float]) -> list[dict]:
        owner = Owner()
        owner.an_environment()
        owner.a_queue()
        owner.submit()
        for minutes in strides:
            owner.pass_minutes(minutes)
        return owner.events

    assert told([30]) == told([0.5] * 60)


def test_answers_and_journal_are_copies(owner: Owner) -> None:
    parameters = {"VpcIds": [owner.vpc]}
    answer = owner.account.handle("ec2", "DescribeVpcs", parameters)
    answer["Vpcs"][0]["VpcId"] = "vpc-changed"
    parameters["VpcIds"].append("vpc-0")

    assert owner.ec2.describe_vpcs()["Vpcs"][0]["VpcId"] == owner.vpc
    assert owner.account.calls[-2][2] == {"VpcIds": [owner.vpc]}


def test_what_is_not_simulated_says_so(owner: Owner) -> None:
    assert code_of(owner.account, "sqs", "ListQueues") == "NotSimulated"
    assert code_of(owner.account, "ec2", "DescribeVolumes") == "NotSimulated"
    assert code_of(owner.account, "ec2", "Nothing") == "UnknownOperationException"


def outcome(account: SimulatedAccount, service: str, operation: str) -> str:
    try:
        account.handle(service, operation, {})
    except AwsError as error:
        return error.code
    return "answered"


def test_what_is_documented_as_simulated_is(owner: Owner) -> None:
    page = (Path(local.account.__file__).parents[2] / "docs" / "simulated-account.md").read_text()
    listed = re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE)
    operations = [(service, name) for service, names in listed for name in re.findall(r"\w+", names)]
    assert len(operations) == 90
    outcomes = {operation: outcome(owner.account, service, operation) for service, operation in operations}
    assert not [name for name, code in outcomes.items() if code in ("NotSimulated", "UnknownOperationException")]


@pytest.mark.parametrize("parameters", [{"colour": "red"}, {"jobQueues": "queue"}])
def test_parameters_are_validated(owner: Owner, parameters: dict) -> None:
    assert code_of(owner.account, "batch", "DescribeJobQueues", **parameters) == "ClientException"


def test_time_has_a_zone_and_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="time zone"):
        ManualClock(datetime(2026, 1, 1))
    account = SimulatedAccount(clock=ManualClock(datetime(2026, 1, 1, tzinfo=UTC)))
    with pytest.raises(ValueError, match="backwards"):
        account.pass_time(timedelta(seconds=-1))


def test_ten_thousand_children_are_quick_enough_for_a_test(owner: Owner) -> None:
    owner.an_environment(resources=owner.resources(maxvCpus=2))
    owner.a_queue()
    parent = owner.submit(vcpus=4, arrayProperties={"size": 10_000})
    owner.pass_minutes(30)

    assert len(owner.statuses_told(f"{parent}:9999")) == 1
    assert len(owner.told_blocked()) == 1
    assert owner.clock.now() > START
