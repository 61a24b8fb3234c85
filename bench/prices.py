"""What AWS asks for a burst, by a dated price list; check it against AWS's pages before you rely on it.

us-east-1, on demand, without any free tier, US dollars, as known on the date below from the public price pages of AWS
Lambda, Amazon SQS, Amazon SNS, Amazon DynamoDB, Amazon EventBridge and Amazon CloudWatch. Not fetched by this program.
"""

from dataclasses import dataclass

from bench.burst import Counted

AS_OF = "2026-11-25"
MILLION, GIBIBYTE = 1_000_000, 2**30

LAMBDA_REQUEST = 0.20 / MILLION
LAMBDA_GB_SECOND = 0.0000133334  # arm64, first tier
SQS_REQUEST = 0.40 / MILLION  # standard queue; a send, a receive or a delete, up to 64 KiB
SNS_PUBLISH = 0.50 / MILLION
DYNAMODB_WRITE_UNIT = 0.625 / MILLION
DYNAMODB_READ_UNIT = 0.125 / MILLION
EVENTBRIDGE_MATCHED = 0.0  # AWS's own events on the default bus, to a target in the same account
LOG_GIBIBYTE = 0.50  # CloudWatch Logs, standard class, ingestion
EVENTBRIDGE_PUT = 1.00 / MILLION  # an event of one's own, up to 64 KB
SCHEDULER_INVOCATION = 1.00 / MILLION
METRIC, ALARM, DASHBOARD = 0.30, 0.10, 3.00  # a month

# Assumed, and on the dear side; what is counted is counted.
POLLED_TOGETHER = 10  # messages that one ReceiveMessage or DeleteMessageBatch of Lambda's pollers carries
SECONDS_PER_INVOCATION = 0.1
SECONDS_PER_CALL = 0.05
SECONDS_PER_RECORD = 0.0001
LAMBDA_GB = 0.5
PLATFORM_LOG_BYTES = 400  # START, END and REPORT of one invocation


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Dollars of one burst to its end: looks, incidents, alerts."""

    events: int
    by_service: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.by_service.values())

    @property
    def per_million(self) -> float:
        return self.total / self.events * MILLION


def cost(counted: Counted) -> Cost:
    calls = counted.window + counted.after
    invocations = counted.invocations + counted.later_invocations
    seconds = (
        invocations * SECONDS_PER_INVOCATION + calls.total() * SECONDS_PER_CALL + counted.events * SECONDS_PER_RECORD
    )
    through_queues = counted.events * (1 + 2 / POLLED_TOGETHER) + calls["sqs:SendMessageBatch"] * 3
    logged = counted.log_bytes + invocations * PLATFORM_LOG_BYTES
    return Cost(
        events=counted.events,
        by_service={
            "SQS": through_queues * SQS_REQUEST,
            "Lambda": invocations * LAMBDA_REQUEST + seconds * LAMBDA_GB * LAMBDA_GB_SECOND,
            "DynamoDB": counted.writes.write_units * DYNAMODB_WRITE_UNIT
            + counted.writes.read_units * DYNAMODB_READ_UNIT,
            "CloudWatch Logs": logged / GIBIBYTE * LOG_GIBIBYTE,
            "SNS": calls["sns:Publish"] * SNS_PUBLISH,
            "EventBridge": counted.events * EVENTBRIDGE_MATCHED,
        },
    )
