"""Wires `scale_to_zero`: settings in, something to call out."""

from collections.abc import Callable, Mapping
from typing import Any

from batchmedic.aws.bus import Bus
from batchmedic.aws.capacity_evidence import CapacityEvidence
from batchmedic.aws.changer import FLOORS, AwsChanger
from batchmedic.aws.clients import client, single
from batchmedic.aws.doorbells import Queues
from batchmedic.aws.floors import FloorItem
from batchmedic.aws.kill_switch import KillSwitchParameter
from batchmedic.aws.network_evidence import NetworkEvidence
from batchmedic.aws.ownership_evidence import OwnershipEvidence
from batchmedic.aws.workload import AwsWorkload
from batchmedic.bootstrap.shared import utc_now
from batchmedic.floors.changing import Change
from batchmedic.floors.heralding import Herald
from batchmedic.ports import Clock
from batchmedic.scaling.floor import Rules
from batchmedic.settings import ScaleToZeroSettings
from batchmedic.usecases.scale_to_zero import ScaleToZero


def wire(
    env: Mapping[str, str],
    *,
    clock: Clock = utc_now,
    client: Callable[[str], Any] = client,
    single: Callable[[str], Any] = single,
) -> ScaleToZero:
    """`single` makes the clients that change things: they try a request once."""
    settings = ScaleToZeroSettings.from_env(env)
    workload = AwsWorkload(
        batch=client("batch"),
        capacity=CapacityEvidence(ec2=lambda: client("ec2"), ecs=lambda: client("ecs")),
        network=NetworkEvidence(ec2=lambda: client("ec2")),
        ownership=OwnershipEvidence(client),
    )
    store = FloorItem(dynamodb=client("dynamodb"), table=settings.state_table)
    switch = KillSwitchParameter(ssm=lambda: client("ssm"), name=settings.kill_switch, clock=clock)
    rules = Rules(mode=settings.mode, idle=settings.idle, restore=settings.restore)
    return ScaleToZero(
        workload=workload,
        store=store,
        change=Change(workload=workload, store=store, changer=AwsChanger(single, FLOORS), switch=switch, rules=rules),
        switch=switch,
        herald=Herald(
            bus=Bus(events=client("events"), name=settings.event_bus),
            doorbells=Queues(sqs=client("sqs"), notices=settings.notices_queue),
        ),
        rules=rules,
        clock=clock,
    )
