"""How far a repair has come stands beside its incident, and two workers never write over each other."""

from dataclasses import replace

import pytest

from batchmedic.aws.incident_table import IncidentTable
from batchmedic.aws.repair_table import RepairTable
from batchmedic.changes import RemedyStatus, Repair
from batchmedic.errors import ConflictError, StoreError
from batchmedic.incidents import Record, Status
from batchmedic.remedies.move_to_security_group_of_own_vpc import plan
from tests.contract.answering import failing
from tests.contract.conftest import Outage
from tests.contract.tables import INCIDENTS
from tests.factories import NOW, an_incident, minutes
from tests.fakes_repairs import FakeRepairStore
from tests.repair_factories import a_survey

ID = "0123456789abcdef-1"
UNTIL = NOW + minutes(1.5)
REPAIR = Repair(
    remedy="move_to_security_group_of_own_vpc",
    status=RemedyStatus.VERIFYING,
    plan=plan(a_survey()),
    version=1,
    group="sg-0new",
    waiting_jobs=("arn:job/1",),
    began_at=NOW,
    applied_at=NOW,
    due_at=NOW + minutes(2),
    commands=("aws lambda invoke",),
)


@pytest.fixture(params=["fake", "aws"])
def table(request):
    """The incident table as `diagnose` and `notify` see it, as `remediate` does, and its outage."""
    if request.param == "fake":
        fake = FakeRepairStore()
        return fake, fake, lambda: Outage(fake)
    client = request.getfixturevalue("dynamodb")
    return (
        IncidentTable(dynamodb=client, table=INCIDENTS),
        RepairTable(dynamodb=client, table=INCIDENTS),
        lambda: failing(client, "ProvisionedThroughputExceededException"),
    )


@pytest.fixture
def incidents(table):
    table[0].save(Record(incident=an_incident()), now=NOW)
    return table[0]


@pytest.fixture
def repairs(table, incidents):
    return table[1]


def take(repairs, *, at=0.0):
    return repairs.take(ID, now=NOW + minutes(at), until=UNTIL + minutes(at))


def test_what_is_kept_comes_back_whole(repairs, incidents):
    kept = repairs.keep(take(repairs), REPAIR)

    assert kept.record.repair == REPAIR
    assert incidents.latest("0123456789abcdef").repair == REPAIR


def test_an_incident_that_does_not_exist_cannot_be_taken_and_is_not_made(repairs, incidents):
    assert repairs.take("fedcba9876543210-1", now=NOW, until=UNTIL) is None
    assert incidents.latest("fedcba9876543210") is None


def test_one_at_a_time_until_it_is_released_or_the_lease_is_over(repairs):
    first = take(repairs)
    assert take(repairs) is None
    assert take(repairs, at=1.4) is None
    repairs.release(first)
    second = take(repairs, at=1)
    third = take(repairs, at=2.6)

    assert second.fence == first.fence + 1
    assert third.fence == second.fence + 1


@pytest.mark.parametrize("write", ["keep", "hold"])
def test_who_lost_the_lease_writes_nothing(repairs, incidents, write):
    old = take(repairs)
    new = take(repairs, at=2)
    repairs.keep(new, REPAIR)

    with pytest.raises(ConflictError):
        repairs.keep(old, replace(REPAIR, status=RemedyStatus.FAILED)) if write == "keep" else repairs.hold(old)
    repairs.release(old)

    assert incidents.latest("0123456789abcdef").repair == REPAIR
    assert take(repairs, at=3) is None  # the release of who lost it gave nothing back


def test_diagnose_and_remediate_do_not_disturb_each_other(repairs, incidents):
    before = incidents.latest("0123456789abcdef")
    repairs.keep(take(repairs), REPAIR)
    incidents.save(replace(before, clean_looks=1), now=NOW)

    after = incidents.latest("0123456789abcdef")
    assert (after.clean_looks, after.repair) == (1, REPAIR)


def test_news_of_a_repair_set_the_time_by_which_it_should_be_told(repairs, incidents):
    repairs.keep(take(repairs), REPAIR, tell_by=NOW + minutes(2))

    assert [record.due_at for record in incidents.due()] == [NOW + minutes(2)]


def test_telling_does_not_lose_a_repair_that_went_on_meanwhile(repairs, incidents):
    claimed = incidents.claim(ID, now=NOW, until=UNTIL)
    repairs.keep(take(repairs), REPAIR, tell_by=NOW + minutes(2))
    incidents.settle(claimed, due_at=None)

    assert [record.due_at for record in incidents.due()] == [NOW + minutes(2)]


def test_a_resolved_incident_stays_in_the_index_while_its_repair_is_due(repairs, incidents):
    record = incidents.latest("0123456789abcdef")
    over = replace(record, incident=replace(record.incident, status=Status.RESOLVED, resolved_at=NOW))
    incidents.save(over, now=NOW)
    claim = repairs.keep(take(repairs), REPAIR)
    incidents.settle(incidents.latest("0123456789abcdef"), due_at=None)
    assert len(incidents.due()) == 1

    repairs.keep(claim, replace(REPAIR, status=RemedyStatus.VERIFIED, due_at=None))
    incidents.settle(incidents.latest("0123456789abcdef"), due_at=None)

    assert incidents.due() == ()


def test_each_channel_tells_the_repair_once(repairs, incidents):
    repairs.keep(take(repairs), REPAIR)
    told = incidents.told(incidents.latest("0123456789abcdef"), "sns", now=NOW)

    assert told.told == {"sns": 1, "sns repair": 1}


@pytest.mark.parametrize(
    "use",
    [
        lambda repairs, _: take(repairs),
        lambda repairs, claim: repairs.keep(claim, REPAIR),
        lambda repairs, claim: repairs.hold(claim),
        lambda repairs, claim: repairs.release(claim),
    ],
    ids=["take", "keep", "hold", "release"],
)
def test_an_unusable_table_is_a_store_error(repairs, table, use):
    claim, outage = take(repairs), table[2]

    with outage(), pytest.raises(StoreError):
        use(repairs, claim)
    assert take(repairs) is None, "the lease is as it was"
