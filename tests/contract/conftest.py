"""AWS as moto plays it: one set of clients for all tests, since making them is what costs; empty backends for each."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto import mock_aws  # imported before any client is made: moto hooks into the making

from batchmedic.aws.diary import DiaryItem
from batchmedic.aws.doorbells import Queues
from batchmedic.aws.incident_table import IncidentTable
from batchmedic.aws.leases import LeaseItem
from batchmedic.aws.state_table import StateTable
from batchmedic.aws.switchboard import SwitchboardItem
from tests.clients import make_client
from tests.contract.answering import failing
from tests.contract.tables import INCIDENTS, STATE, create_tables
from tests.fakes import FakeDiary, FakeDoorbells, FakeIncidentStore, FakeLeases, FakeSwitchboard


@dataclass(slots=True)
class Clients:
    """Made on first use, with credentials that are none and nothing from the machine's own configuration."""

    made: dict[str, Any] = field(default_factory=dict)

    def __call__(self, service: str) -> Any:
        if service not in self.made:
            self.made[service] = make_client(service)
        return self.made[service]


@pytest.fixture(scope="session")
def clients() -> Clients:
    return Clients()


@pytest.fixture
def aws(clients: Clients) -> Iterator[Clients]:
    """The clients, in front of empty backends."""
    with mock_aws():
        yield clients


@pytest.fixture(scope="module")
def ec2(clients: Clients) -> Iterator[Any]:
    """Emptied only between modules, since its backend is dear to make; each test makes a VPC of its own."""
    with mock_aws():
        yield clients("ec2")


@pytest.fixture
def dynamodb(aws: Clients) -> Any:
    create_tables(aws("dynamodb"))
    return aws("dynamodb")


@dataclass(frozen=True, slots=True)
class Subject:
    """A port under test, and how to make what stands behind it fail for a while."""

    port: Any
    outage: Callable[[], AbstractContextManager[None]]


@dataclass(slots=True)
class Outage:
    """The outage of a fake."""

    fake: FakeIncidentStore | FakeLeases | FakeDoorbells | FakeSwitchboard | FakeDiary

    def __enter__(self) -> None:
        self.fake.unavailable = True

    def __exit__(self, *_: object) -> None:
        self.fake.unavailable = False


@pytest.fixture
def state_table(dynamodb: Any) -> StateTable:
    return StateTable(dynamodb=dynamodb, table=STATE)


@pytest.fixture(params=["fake", "aws"])
def incidents(request: pytest.FixtureRequest) -> Subject:
    if request.param == "fake":
        store = FakeIncidentStore()
        return Subject(store, lambda: Outage(store))
    dynamodb = request.getfixturevalue("dynamodb")
    table = IncidentTable(dynamodb=dynamodb, table=INCIDENTS)
    return Subject(table, lambda: failing(dynamodb, "ProvisionedThroughputExceededException"))


@pytest.fixture
def store(incidents: Subject) -> Any:
    return incidents.port


@pytest.fixture(params=["fake", "aws"])
def leases(request: pytest.FixtureRequest) -> Subject:
    if request.param == "fake":
        fake = FakeLeases()
        return Subject(fake, lambda: Outage(fake))
    dynamodb = request.getfixturevalue("dynamodb")
    table = LeaseItem(dynamodb=dynamodb, table=STATE)
    return Subject(table, lambda: failing(dynamodb, "ProvisionedThroughputExceededException"))


@pytest.fixture(params=["fake", "aws"])
def switchboard(request: pytest.FixtureRequest) -> Subject:
    if request.param == "fake":
        fake = FakeSwitchboard()
        return Subject(fake, lambda: Outage(fake))
    dynamodb = request.getfixturevalue("dynamodb")
    item = SwitchboardItem(dynamodb=dynamodb, table=STATE)
    return Subject(item, lambda: failing(dynamodb, "ProvisionedThroughputExceededException"))


@pytest.fixture(params=["fake", "aws"])
def diary(request: pytest.FixtureRequest) -> Subject:
    if request.param == "fake":
        fake = FakeDiary()
        return Subject(fake, lambda: Outage(fake))
    dynamodb = request.getfixturevalue("dynamodb")
    item = DiaryItem(dynamodb=dynamodb, table=STATE)
    return Subject(item, lambda: failing(dynamodb, "ProvisionedThroughputExceededException"))


@pytest.fixture
def queues(aws: Clients) -> Queues:
    sqs = aws("sqs")
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("looks", "notices", "remedies")}
    return Queues(sqs=sqs, **urls)


@pytest.fixture(params=["fake", "aws"])
def doorbells(request: pytest.FixtureRequest) -> Subject:
    if request.param == "fake":
        fake = FakeDoorbells()
        return Subject(fake, lambda: Outage(fake))
    queues: Queues = request.getfixturevalue("queues")
    return Subject(queues, lambda: failing(queues.sqs, "ThrottlingException"))
