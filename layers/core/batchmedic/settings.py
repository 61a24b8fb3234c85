"""Settings, read once from a mapping into frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from batchmedic.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnoseSettings:
    account: str
    region: str
    incident_table: str
    state_table: str
    looks_queue: str
    notices_queue: str
    docs_base: str  # empty: alerts link to AWS's own pages

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(
            account=_required(env, "ACCOUNT_ID"),
            region=_required(env, "AWS_REGION"),
            incident_table=_required(env, "INCIDENT_TABLE"),
            state_table=_required(env, "STATE_TABLE"),
            looks_queue=_required(env, "LOOKS_QUEUE_URL"),
            notices_queue=_required(env, "NOTICES_QUEUE_URL"),
            docs_base=env.get("DOCS_BASE", "").rstrip("/"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    incident_table: str
    alert_topic: str
    slack_webhook_parameter: str  # empty: no Slack

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(
            incident_table=_required(env, "INCIDENT_TABLE"),
            alert_topic=_required(env, "ALERT_TOPIC_ARN"),
            slack_webhook_parameter=env.get("SLACK_WEBHOOK_PARAMETER", ""),
        )


def _required(env: Mapping[str, str], name: str) -> str:
    if not env.get(name):
        raise SettingsError(f"{name} is not set; see the function's Environment in template.yaml")
    return env[name]
