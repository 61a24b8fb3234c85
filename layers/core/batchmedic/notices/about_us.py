"""What batchmedic says of itself: that it can reach people, and where it cannot."""

from batchmedic.findings import Severity
from batchmedic.notices.notice import Notice, about_us


def sample_notice(*, account: str, region: str) -> Notice:
    """A notice by which people see that they will be told; it says of itself that nothing is wrong."""
    return about_us(
        "TEST: batchmedic can reach you here",
        [
            ("What this is", "a test that somebody asked for; nothing is wrong."),
            ("Where", f"account {account}, Region {region}"),
        ],
        severity=Severity.INFO,
    )


def broken_notice(channel: str, because: str, *, account: str, region: str) -> Notice:
    """Told by the other channels, once, when one takes nothing any more."""
    return about_us(
        f"CRITICAL: batchmedic cannot reach {LABELS.get(channel, channel)} any more",
        [
            ("What is wrong", f"{because}. Nothing that is sent there arrives; it is tried once an hour."),
            (
                "What is not lost",
                "you are told here; what the channel has missed follows in one summary once it works.",
            ),
            ("What to do", MEND.get(channel, "see the logs of the function notify.")),
            ("Where", f"account {account}, Region {region}"),
        ],
        severity=Severity.CRITICAL,
    )


LABELS = {"slack": "Slack", "sns": "the SNS topic", "eventbridge": "the event bus"}
MEND = {
    "slack": "make a new incoming webhook, write it into the SSM parameter that SlackWebhookParameter names, and "
    'invoke the function notify with {"test": true}.',
    "sns": "deploy the stack again: its topic is gone, or it may not be published to any more.",
    "eventbridge": "deploy the stack again: its event bus is gone.",
}
