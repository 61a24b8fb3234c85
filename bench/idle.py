"""What the stack costs in a month in which nothing happens: an hour is counted, a month is 730 of them."""

from collections import Counter
from dataclasses import dataclass

from bench import prices
from bench.burst import names
from bench.logs import Logs
from bench.writes import Writes
from tests.functions.platform import Platform
from tests.functions.worlds import healthy

HOURS = 730  # in a month, as AWS's own examples have it
MAPPINGS, ALARMS, METRICS, DASHBOARDS = 3, 11, 4, 1  # a test holds them against the template
POLLS = 5 * 3 * 60 * HOURS  # of a mapping: five long polls of 20 seconds at a time, though Lambda may scale that down
FREE = {  # a month, in every account and for ever; the price pages
    "Lambda": 400_000 * prices.LAMBDA_GB_SECOND + 1_000_000 * prices.LAMBDA_REQUEST,
    "SQS": 1_000_000 * prices.SQS_REQUEST,
    "EventBridge Scheduler": 14_000_000 * prices.SCHEDULER_INVOCATION,
    "CloudWatch Logs": 5 * prices.LOG_GIBIBYTE,
    "CloudWatch metrics": 10 * prices.METRIC,
    "CloudWatch alarms": 10 * prices.ALARM,
    "CloudWatch dashboard": 3 * prices.DASHBOARD,
}
ASIDE = ("CloudWatch alarms", "CloudWatch dashboard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """Dollars by service."""

    dollars: dict[str, float]

    @property
    def charged(self) -> dict[str, float]:
        """Beyond what is free in every account, if nothing else there uses that."""
        return {service: max(cost - FREE.get(service, 0), 0) for service, cost in self.dollars.items()}


def idle(platform: Platform, *, queues: int) -> Month:
    """Healthy queues without jobs, watched by the schedules alone."""
    with Logs() as logs, Writes.of(platform) as writes:
        healthy(platform, names=names(queues))
        platform.scaling = True
        platform.run(60)  # what happens once has happened
        logs.clear()
        writes.clear()
        before = Counter(platform.invoked)
        platform.calls.made.clear()
        platform.run(60)
    invoked = platform.invoked - before
    calls = Counter(platform.calls.made)
    seconds = invoked.total() * prices.SECONDS_PER_INVOCATION + calls.total() * prices.SECONDS_PER_CALL
    logged = logs.size + invoked.total() * prices.PLATFORM_LOG_BYTES
    hourly = {
        "Lambda": invoked.total() * prices.LAMBDA_REQUEST + seconds * prices.LAMBDA_GB * prices.LAMBDA_GB_SECOND,
        "DynamoDB": writes.write_units * prices.DYNAMODB_WRITE_UNIT + writes.read_units * prices.DYNAMODB_READ_UNIT,
        "CloudWatch Logs": logged / prices.GIBIBYTE * prices.LOG_GIBIBYTE,
        "EventBridge": calls["events:PutEvents"] * prices.EVENTBRIDGE_PUT,
        "EventBridge Scheduler": invoked.total() * prices.SCHEDULER_INVOCATION,
    }
    return Month(
        dollars={
            **{service: dollars * HOURS for service, dollars in hourly.items()},
            "SQS": MAPPINGS * POLLS * prices.SQS_REQUEST,
            "CloudWatch metrics": METRICS * prices.METRIC,
            "CloudWatch alarms": ALARMS * prices.ALARM,
            "CloudWatch dashboard": DASHBOARDS * prices.DASHBOARD,
        }
    )
