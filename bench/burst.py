"""Runs one burst of RUNNABLE events through the real handlers, and counts what they ask of AWS."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.logs import Logs
from bench.writes import Writes
from tests.factories import ACCOUNT, REGION
from tests.functions.platform import Platform
from tests.functions.worlds import healthy, mismatch

AT_LEAST_TOGETHER = 5  # Lambda starts five pollers for a queue; Lambda Developer Guide, services-sqs-scaling
RECORDS = 1_000  # in one invocation; about 6,500 fit into 6 MB, so this is the dearer assumption
TOLD_AFTER = 15  # minutes: the look that was promised, the doorbells' delay, the telling
DEEP = ("autoscaling", "ec2", "ecs", "iam", "service-quotas")
READS = ("batch", *DEEP, "cloudtrail")  # the last is asked once for each incident, when it opens


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """`window` holds the calls of the burst itself, `after` those of everything that follows from it."""

    events: int
    queues: int  # that the events name, each with one sick environment
    invocations: int
    window: Counter[str]
    after: Counter[str]
    later_invocations: int
    incidents: int
    alerts: int
    log_lines: int
    log_bytes: int
    writes: Writes = field(default_factory=Writes)

    def calls(self, *services: str) -> int:
        """In the window; of all services if none is named."""
        return sum(n for call, n in self.window.items() if not services or call.partition(":")[0] in services)

    @property
    def looks(self) -> int:
        """Every look begins with one DescribeJobQueues."""
        return self.window["batch:DescribeJobQueues"]

    @property
    def reads(self) -> dict[str, int]:
        return {call: n for call, n in self.window.items() if call.partition(":")[0] in READS}


def names(queues: int) -> tuple[str, ...]:
    return tuple(f"queue-{number:02d}" for number in range(queues))


def sick(platform: Platform, queues: int) -> None:
    """So many queues, each with its own environment that has a foreign security group; jobs wait, nobody looked yet."""
    platform.sweeps = False
    mismatch(platform, names=names(queues))
    platform.run(12)
    for name in names(queues):
        platform.owner.submit(name, vcpus=2, memory=2_048)
    platform.run(0.5)
    platform.queues["looks"].clear()
    platform.calls.made.clear()


def burst(
    platform: Platform, *, events: int, queues: int, records: int = RECORDS, together: int = AT_LEAST_TOGETHER
) -> Counted:
    """So many hints at one instant, over the queues in turn, with so many invocations at a time under way."""
    queues = min(queues, events)  # one that no event names is no part of the burst
    with Logs() as logs, Writes.of(platform) as writes:
        sick(platform, queues)
        logs.clear()
        writes.clear()
        invocations = max(min(AT_LEAST_TOGETHER, events), -(-events // records))
        for seed, start in enumerate(range(0, invocations, together)):
            some = range(start, min(start + together, invocations))
            batches = [{"Records": list(_hints(events, queues, number, invocations))} for number in some]
            answers = platform.at_once("diagnose", batches, seed=seed)
            if answers != [{"batchItemFailures": []}] * len(batches):
                raise AssertionError(f"the handler failed: {answers}")
        window, lines = Counter(platform.calls.made), logs.lines
        platform.calls.made.clear()
        invoked = platform.invoked.total()
        platform.run(TOLD_AFTER)
    return Counted(
        events=events,
        queues=queues,
        invocations=invocations,
        window=window,
        after=Counter(platform.calls.made),
        later_invocations=platform.invoked.total() - invoked,
        incidents=len(platform.incidents()),
        alerts=len(platform.sns),
        log_lines=lines,
        log_bytes=logs.size,
        writes=writes,
    )


def _hints(events: int, queues: int, number: int, invocations: int) -> Iterator[dict[str, Any]]:
    """This invocation's share of the events, as SQS hands them over."""
    bodies = [
        json.dumps(
            {
                "v": 1,
                "hint": "runnable",
                "queue": f"arn:aws:batch:{REGION}:{ACCOUNT}:job-queue/{name}",
                "compute_environment": None,
                "at": "2026-11-25T08:00:00Z",
            }
        )
        for name in names(queues)
    ]
    for event in range(events * number // invocations, events * (number + 1) // invocations):
        yield {"messageId": str(event), "body": bodies[event % queues]}


def quiet_sweep(platform: Platform, *, queues: int) -> Counter[str]:
    """What a sweep asks where nothing is wrong and nothing waits."""
    with Logs():
        platform.sweeps = False
        healthy(platform, names=names(queues))
        platform.calls.made.clear()
        platform.handle("diagnose", {"v": 1, "hint": "sweep"})
    return Counter(platform.calls.made)


def one_submission(platform: Platform, *, children: int | None) -> Counter[str]:
    """All that follows from one job, or from one array job of so many children, on a sick queue."""
    with Logs():
        sick(platform, 1)
        (name,) = names(1)
        definition = platform.owner.batch.describe_job_definitions()["jobDefinitions"][0]["jobDefinitionArn"]
        array = {"arrayProperties": {"size": children}} if children else {}
        platform.owner.batch.submit_job(jobName="one", jobQueue=name, jobDefinition=definition, **array)
        platform.run(TOLD_AFTER)
    return Counter(platform.calls.made)
