"""What happened to floors in one run, as one notice."""

from collections.abc import Sequence

from batchmedic.findings import Severity
from batchmedic.notices.notice import Notice, about_us

NAMED = 9


def floors_notice(news: Sequence[tuple[str, str]], *, account: str, region: str) -> Notice:
    """`news` are (environment's ARN, sentence); one line each."""
    lines = [(f"Compute environment {arn.rpartition('/')[2]}", reason) for arn, reason in news[:NAMED]]
    rest = len(news) - NAMED
    if rest > 0:
        lines.append(("And", f"{rest} more; each is an event on the bus of the stack."))
    names = ", ".join(arn.rpartition("/")[2] for arn, _ in news[:3])
    more = f" and {len(news) - 3} more" if len(news) > 3 else ""  # noqa: PLR2004 - as many as are named
    return about_us(
        f"IDLE CAPACITY: {names}{more}",
        [*lines, ("Where", f"account {account}, Region {region}")],
        severity=Severity.INFO,
    )
