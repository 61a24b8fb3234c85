"""Sets what was counted beside what was wanted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bench.burst import DEEP, READS, Counted
from bench.handling import RECORDS, Handling
from bench.idle import ASIDE, Month
from bench.prices import cost

FIXED_BATCH_CALLS = 3  # DescribeJobQueues, DescribeComputeEnvironments, DescribeJobs
DEEP_PER_ENVIRONMENT = 8
SLOPE = 3
HANDLING_RATIO = 0.25
MILLISECONDS = 100  # for all the records that fit into one invocation
IDLE_DOLLARS = 1.00
DOLLARS_PER_MILLION = 0.55
HEARTBEAT = Counter({"dynamodb:UpdateItem": 1, "events:PutEvents": 1})
MEMORY = Counter({"dynamodb:Query": 1, "dynamodb:GetItem": 1})  # reads: what is open, what is idle
LARGE = 10_000  # events from which the cost per million means something


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One number against its limit."""

    says: str
    ours: float
    limit: float

    @property
    def met(self) -> bool:
        return self.ours <= self.limit


def of_burst(counted: Counted) -> Iterator[Goal]:
    """Goals that every burst has to meet; every queue has one fault of its own."""
    queues, faults = counted.queues, counted.incidents
    one_look = queues + FIXED_BATCH_CALLS
    yield Goal(
        says="1 Batch calls, beyond one for each queue, per look",
        ours=(counted.calls("batch") - queues) / counted.looks,
        limit=FIXED_BATCH_CALLS,
    )
    yield Goal(says="1 Batch calls, whole window <= Q + 3", ours=counted.calls("batch"), limit=one_look)
    yield Goal(
        says="1 deep calls <= 8 per sick environment",
        ours=counted.calls(*DEEP),
        limit=DEEP_PER_ENVIRONMENT * faults,
    )
    yield Goal(
        says="1 calls but deep ones <= 2 per invocation + 2Q + (Q + 3) + 4R",
        ours=counted.calls() - counted.calls(*DEEP),
        limit=2 * counted.invocations + 2 * queues + one_look + 4 * faults,
    )
    yield Goal(says="3 alerts <= root causes", ours=counted.alerts, limit=faults)
    yield Goal(
        says="6 log lines <= 1 per invocation + 1 per decision",
        ours=counted.log_lines,
        limit=counted.invocations + faults,
    )
    if counted.events >= LARGE:
        yield Goal(says="7 dollars per million events", ours=cost(counted).per_million, limit=DOLLARS_PER_MILLION)


def of_growth(few: Counted, many: Counted) -> Goal:
    """From some ten thousand events on, reads must not grow with them."""
    return Goal(
        says=f"2 more reads for {many.events:,} events than for {few.events:,}, Q = {many.queues}",
        ours=many.calls(*READS) - few.calls(*READS),
        limit=SLOPE,
    )


def of_array(one_job: Counter[str], array: Counter[str], children: int) -> Goal:
    return Goal(
        says=f"2 more calls for an array of {children:,} than for one job",
        ours=array.total() - one_job.total(),
        limit=0,
    )


def of_quiet_sweep(calls: Counter[str], queues: int) -> Iterator[Goal]:
    batch = sum(n for call, n in calls.items() if call.startswith("batch:"))
    written = sum((calls - HEARTBEAT - MEMORY)[call] for call in calls if not call.startswith("batch:"))
    yield Goal(says=f"4 Batch calls of a quiet sweep, Q = {queues}", ours=batch, limit=queues + FIXED_BATCH_CALLS)
    yield Goal(says=f"4 writes of a quiet sweep but its heartbeat, Q = {queues}", ours=written, limit=0)


def of_a_month(month: Month) -> Goal:
    dollars = sum(cost for service, cost in month.dollars.items() if service not in ASIDE)
    return Goal(says="7 dollars of an idle month, but alarms and dashboard", ours=dollars, limit=IDLE_DOLLARS)


def of_handling(measured: Handling) -> Iterator[Goal]:
    yield Goal(says="6 time per record / BatchProcessor's", ours=measured.ratio, limit=HANDLING_RATIO)
    yield Goal(
        says=f"6 milliseconds for {RECORDS:,} records, here", ours=measured.ours * RECORDS / 1_000, limit=MILLISECONDS
    )
