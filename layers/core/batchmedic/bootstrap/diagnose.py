"""Wires `diagnose`: settings in, something to call out."""

from collections.abc import Callable, Mapping
from typing import Any

from batchmedic.aws.bus import Bus
from batchmedic.aws.clients import client
from batchmedic.aws.diary import DiaryItem
from batchmedic.aws.floors import FloorItem
from batchmedic.aws.history import CloudTrailHistory
from batchmedic.aws.incident_table import IncidentTable
from batchmedic.aws.leases import LeaseItem
from batchmedic.aws.snapshot_reader import reader_by
from batchmedic.aws.state_table import StateTable
from batchmedic.bootstrap.shared import doorbells_of, utc_now
from batchmedic.heartbeat import Heartbeat
from batchmedic.intake import Intake
from batchmedic.ledger import Ledger
from batchmedic.plugins import all_diagnoses, all_remedies
from batchmedic.ports import Clock
from batchmedic.recall import Recall
from batchmedic.settings import DiagnoseSettings
from batchmedic.usecases.diagnose import Diagnose


def wire(env: Mapping[str, str], *, clock: Clock = utc_now, client: Callable[[str], Any] = client) -> Diagnose:
    """Batch, DynamoDB and SQS clients are made here, the others when something is sick."""
    settings = DiagnoseSettings.from_env(env)
    dynamodb = client("dynamodb")
    doorbells = doorbells_of(client, settings)
    store = IncidentTable(dynamodb=dynamodb, table=settings.incident_table)
    history = CloudTrailHistory(lambda: client("cloudtrail"))
    leases = LeaseItem(dynamodb=dynamodb, table=settings.state_table)
    intake = Intake(account=settings.account, region=settings.region, leases=leases, doorbells=doorbells, clock=clock)
    reader = reader_by(client, account=settings.account, region=settings.region, clock=clock)
    ledger = Ledger(
        store=store,
        doorbells=doorbells,
        history=history,
        mended=frozenset(remedy.mends for remedy in all_remedies()) if settings.mode != "off" else frozenset(),
        docs_base=settings.docs_base,
        clock=clock,
    )
    return Diagnose(
        intake=intake,
        reader=reader,
        recall=Recall(
            memory=StateTable(dynamodb=dynamodb, table=settings.state_table),
            floors=FloorItem(dynamodb=dynamodb, table=settings.state_table),
            clock=clock,
        ),
        ledger=ledger,
        heartbeat=Heartbeat(
            diary=DiaryItem(dynamodb=dynamodb, table=settings.state_table),
            bus=Bus(events=client("events"), name=settings.event_bus),
            doorbells=doorbells,
            clock=clock,
        ),
        diagnoses=all_diagnoses(),
        clock=clock,
    )
