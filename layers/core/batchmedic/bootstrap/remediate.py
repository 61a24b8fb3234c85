"""Wires `remediate`: settings in, something to call out."""

from collections.abc import Callable, Mapping
from typing import Any

from batchmedic.aws.changer import AwsChanger
from batchmedic.aws.clients import client, single
from batchmedic.aws.kill_switch import KillSwitchParameter
from batchmedic.aws.ownership_evidence import OwnershipEvidence
from batchmedic.aws.repair_memory import RepairMemoryItem
from batchmedic.aws.repair_table import RepairTable
from batchmedic.aws.snapshot_reader import reader_by
from batchmedic.aws.surveyor import AwsSurveyor
from batchmedic.bootstrap.shared import doorbells_of, utc_now
from batchmedic.plugins import all_diagnoses, all_remedies
from batchmedic.ports import Clock
from batchmedic.repairs.applying import Apply
from batchmedic.repairs.considering import Consider
from batchmedic.repairs.guard import Guard
from batchmedic.repairs.undoing import Tidy, Undo
from batchmedic.repairs.verifying import Verify
from batchmedic.settings import RemediateSettings
from batchmedic.usecases.remediate import Remediate


def wire(
    env: Mapping[str, str],
    *,
    clock: Clock = utc_now,
    client: Callable[[str], Any] = client,
    single: Callable[[str], Any] = single,
) -> Remediate:
    """`single` makes the clients that change things: they try a request once."""
    settings = RemediateSettings.from_env(env)
    dynamodb = client("dynamodb")
    store = RepairTable(dynamodb=dynamodb, table=settings.incident_table)
    memory = RepairMemoryItem(dynamodb=dynamodb, table=settings.state_table)
    switch = KillSwitchParameter(ssm=lambda: client("ssm"), name=settings.kill_switch, clock=clock)
    surveyor = AwsSurveyor(
        reader=reader_by(client, account=settings.account, region=settings.region, clock=clock),
        ownership=OwnershipEvidence(client),
        client=client,
        stack=settings.stack,
    )
    guard = Guard(changer=AwsChanger(single), switch=switch, store=store, mode=settings.mode)
    return Remediate(
        store=store,
        memory=memory,
        doorbells=doorbells_of(client, settings),
        consider=Consider(
            surveyor=surveyor,
            switch=switch,
            memory=memory,
            remedies={remedy.mends: remedy for remedy in all_remedies()},
            diagnoses={card.id: card for card in all_diagnoses()},
            mode=settings.mode,
            function=settings.function,
            clock=clock,
        ),
        apply=Apply(surveyor=surveyor, guard=guard, store=store, pace=settings.pace, clock=clock),
        verify=Verify(surveyor=surveyor, pace=settings.pace, clock=clock),
        undo=Undo(surveyor=surveyor, guard=guard, clock=clock),
        tidy=Tidy(surveyor=surveyor, guard=guard, clock=clock),
        clock=clock,
    )
