"""Prints what was counted, beside the goals, for a terminal."""

from collections.abc import Callable, Iterable, Iterator

from bench import goals, prices
from bench.burst import DEEP, READS, RECORDS, Counted, burst, one_submission, quiet_sweep
from bench.goals import Goal
from bench.handling import handling
from bench.idle import Month, idle
from tests.functions.platform import Platform

EVENTS = (10, 100, 1_000, 10_000, 100_000)
QUEUES = (1, 5, 50)
CHILDREN = 10_000
COLUMNS = (
    *("events", "queues", "invoked", "looks", "Batch", "deep", "store", "all", "alerts"),
    *("$ per burst", "$ per million"),
)


def report(make_platform: Callable[[], Platform], events: Iterable[int]) -> Iterator[str]:
    """The lines, each as soon as it is known."""
    yield "A burst of RUNNABLE events at one instant; every queue has one sick environment."
    yield f"At most {RECORDS:,} records in an invocation, five invocations at a time, each in a new container."
    yield "Calls are those of the burst; dollars are those of everything up to the alerts."
    yield "RemediationMode is off; else a look that finds something to repair makes one call more, a repair dozens."
    yield ""
    yield _row(COLUMNS)
    counted: list[Counted] = []
    for queues in QUEUES:
        for number in events:
            counted.append(burst(make_platform(), events=number, queues=queues))
            yield _row(_cells(counted[-1]))
    yield from _operations(counted)
    yield from _costs(max(counted, key=lambda one: one.events))
    month = idle(make_platform(), queues=5)
    yield from _month(month)
    yield from _goals(make_platform, counted)
    yield _line(goals.of_a_month(month))


def _row(cells: Iterable[object]) -> str:
    return " ".join(f"{cell!s:>{max(len(title), 9)}}" for cell, title in zip(cells, COLUMNS, strict=True))


def _cells(one: Counted) -> tuple[str, ...]:
    paid = prices.cost(one)
    counts = (
        *(one.events, one.queues, one.invocations, one.looks),
        *(one.calls("batch"), one.calls(*DEEP), one.calls("dynamodb"), one.calls(), one.alerts),
    )
    per_million = f"{paid.per_million:.2f}" if one.events >= goals.LARGE else "-"
    return (*(f"{count:,}" for count in counts), f"{paid.total:.6f}", per_million)


def _operations(counted: list[Counted]) -> Iterator[str]:
    """By operation, for the largest burst of each number of queues."""
    largest = [max((one for one in counted if one.queues == queues), key=lambda one: one.events) for queues in QUEUES]
    calls = sorted(
        {call for one in largest for call in one.window}, key=lambda call: (call.split(":")[0] not in READS, call)
    )
    yield ""
    yield f"{f'calls of {largest[0].events:,} events, by operation':45}" + "".join(f"{f'Q = {q}':>9}" for q in QUEUES)
    for call in calls:
        yield f"  {call:43}" + "".join(f"{one.window[call]:>9,}" for one in largest)


def _costs(one: Counted) -> Iterator[str]:
    paid = prices.cost(one)
    yield ""
    yield f"$ per million events, Q = {one.queues}; us-east-1, no free tier, price list of {prices.AS_OF}: check it"
    for service, dollars in sorted(paid.by_service.items(), key=lambda item: -item[1]):
        yield f"  {service:43}{dollars / one.events * prices.MILLION:>9.4f}"


def _month(month: Month) -> Iterator[str]:
    yield ""
    yield f"{'$ a month in which nothing happens, five healthy queues':45}{'no free tier':>15}{'charged':>10}"
    for service, dollars in sorted(month.dollars.items(), key=lambda item: -item[1]):
        yield f"  {service:43}{dollars:>15.2f}{month.charged[service]:>10.2f}"
    yield f"  {'all':43}{sum(month.dollars.values()):>15.2f}{sum(month.charged.values()):>10.2f}"


def _goals(make_platform: Callable[[], Platform], counted: list[Counted]) -> Iterator[str]:
    yield ""
    yield f"{'goal':66}{'ours':>12}{'goal':>10}  met?"
    for says in dict.fromkeys(goal.says for one in counted for goal in goals.of_burst(one)):
        yield from _worst(says, counted)
    for goal in _others(make_platform, counted):
        yield _line(goal)
    measured = handling()
    yield from map(_line, goals.of_handling(measured))
    ours, theirs = f"{measured.ours:.1f}", f"{measured.batch_processor:.1f}"
    yield f"  (here {ours} to {theirs} µs, of which {measured.reading:.1f} of both read the hint)"


def _worst(says: str, counted: list[Counted]) -> Iterator[str]:
    """The burst that comes nearest to its limit, or goes farthest beyond; and how many bursts keep it."""
    asked = [(one, goal) for one in counted for goal in goals.of_burst(one) if goal.says == says]
    one, goal = max(asked, key=lambda pair: pair[1].ours / pair[1].limit)
    kept = sum(each.met for _, each in asked)
    yield _line(goal) + f"  in {kept} of {len(asked)}; here N = {one.events:,}, Q = {one.queues}"


def _others(make_platform: Callable[[], Platform], counted: list[Counted]) -> Iterator[Goal]:
    for queues in QUEUES:
        grown = [one for one in counted if one.queues == queues and one.events >= min(goals.LARGE, counted[-1].events)]
        yield goals.of_growth(grown[0], grown[-1])
    one_job = one_submission(make_platform(), children=None)
    yield goals.of_array(one_job, one_submission(make_platform(), children=CHILDREN), CHILDREN)
    for queues in QUEUES:
        yield from goals.of_quiet_sweep(quiet_sweep(make_platform(), queues=queues), queues)


def _line(goal: Goal) -> str:
    return f"{goal.says:66}{_number(goal.ours):>12}{_number(goal.limit):>10}  {'yes' if goal.met else 'NO '}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:.2f}"
