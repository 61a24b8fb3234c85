"""What owners say about alerts by tags on their job queues and compute environments."""

from collections.abc import Iterable

from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.job_queue import JobQueue
from batchmedic.model.snapshot import Snapshot

TAG = "batchmedic:alerts"
Tagged = ComputeEnvironment | JobQueue


def hushed(snapshot: Snapshot, subject: str, environments: Iterable[str], queues: Iterable[str]) -> str:
    """Why nobody wants to hear of a fault, empty if somebody may: its subject is tagged off, or all that it touches."""
    tagged = {one.arn: one for one in _all(snapshot)}
    for arns in ((subject,), tuple(environments), tuple(queues)):
        known = [tagged[arn] for arn in arns if arn in tagged]
        if known and all(_is_off(one) for one in known):
            return f"{', '.join(one.name for one in known[:3])} tagged {TAG}={known[0].tags[TAG]}"
    return ""


def _all(snapshot: Snapshot) -> tuple[Tagged, ...]:
    return (*snapshot.compute_environments, *snapshot.job_queues)


def _is_off(one: Tagged) -> bool:
    """An unknown value counts as off."""
    return one.tags.get(TAG, "on") != "on"


def odd_tags(snapshot: Snapshot) -> list[str]:
    """Values of the tag that nobody knows, each as a sentence."""
    return [
        f'{one.name} is tagged {TAG}="{one.tags[TAG]}", which counts as off; the values are on and off.'
        for one in _all(snapshot)
        if one.tags.get(TAG, "on") not in ("on", "off")
    ]
