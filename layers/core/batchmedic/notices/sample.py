"""A notice by which people see that they will be told."""

from datetime import datetime

from batchmedic.findings import Confidence, Severity
from batchmedic.incidents import Incident
from batchmedic.notices.notice import Notice
from batchmedic.notices.reasons import Reason


def sample_notice(*, account: str, region: str, now: datetime) -> Notice:
    """It says of itself that nothing is wrong; its attributes are those of an `info` incident, diagnosis `test`."""
    incident = Incident(
        key="0" * 16,
        diagnosis="test",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        account=account,
        region=region,
        subject="batchmedic",
        title="This is a test",
        summary="Nothing is wrong.",
        opened_at=now,
        last_seen_at=now,
    )
    return Notice(
        reason=Reason.OPENED,
        incident=incident,
        headline="TEST: batchmedic can reach you here",
        lines=(
            ("What this is", "a test that somebody asked for; nothing is wrong."),
            ("Where", f"account {account}, Region {region}"),
        ),
        commands=(),
        docs="https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html",
    )
