"""Settings, read once from a mapping into frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from batchmedic.errors import SettingsError

MODES = ("apply", "plan", "off")
RESTORES = ("on-activity", "never")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnoseSettings:
    account: str
    region: str
    incident_table: str
    state_table: str
    looks_queue: str
    notices_queue: str
    remedies_queue: str
    event_bus: str
    mode: str  # RemediationMode; where it is off, nobody is asked to repair
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
            remedies_queue=_required(env, "REMEDIES_QUEUE_URL"),
            event_bus=_required(env, "EVENT_BUS"),
            mode=_mode(env),
            docs_base=env.get("DOCS_BASE", "").rstrip("/"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RemediateSettings:
    account: str
    region: str
    stack: str
    function: str  # its own physical name, for the commands in alerts
    mode: str
    pace: timedelta  # at which a repair is looked at; only demonstrations make it shorter
    incident_table: str
    state_table: str
    looks_queue: str
    notices_queue: str
    remedies_queue: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(
            account=_required(env, "ACCOUNT_ID"),
            region=_required(env, "AWS_REGION"),
            stack=_required(env, "STACK_NAME"),
            function=_required(env, "AWS_LAMBDA_FUNCTION_NAME"),
            mode=_mode(env),
            pace=timedelta(seconds=float(env.get("VERIFY_SECONDS", "120"))),
            incident_table=_required(env, "INCIDENT_TABLE"),
            state_table=_required(env, "STATE_TABLE"),
            looks_queue=_required(env, "LOOKS_QUEUE_URL"),
            notices_queue=_required(env, "NOTICES_QUEUE_URL"),
            remedies_queue=_required(env, "REMEDIES_QUEUE_URL"),
        )

    @property
    def kill_switch(self) -> str:
        return kill_switch_of(self.stack)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleToZeroSettings:
    account: str
    region: str
    stack: str
    mode: str  # ScaleToZeroMode
    idle: timedelta
    restore: bool  # FloorRestore
    state_table: str
    notices_queue: str
    event_bus: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(
            account=_required(env, "ACCOUNT_ID"),
            region=_required(env, "AWS_REGION"),
            stack=_required(env, "STACK_NAME"),
            mode=_one_of(env, "SCALE_TO_ZERO_MODE", MODES),
            idle=timedelta(minutes=_whole(env, "IDLE_MINUTES", "minutes")),
            restore=_one_of(env, "FLOOR_RESTORE", RESTORES) == "on-activity",
            state_table=_required(env, "STATE_TABLE"),
            notices_queue=_required(env, "NOTICES_QUEUE_URL"),
            event_bus=_required(env, "EVENT_BUS"),
        )

    @property
    def kill_switch(self) -> str:
        return kill_switch_of(self.stack)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    account: str
    region: str
    mode: str  # RemediationMode, for what people are told of it
    scaling_mode: str  # ScaleToZeroMode, likewise
    idle: timedelta
    incident_table: str
    state_table: str
    notices_queue: str
    alert_topic: str
    event_bus: str
    reminder: timedelta
    slack_webhook_parameter: str  # empty: no Slack

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        return cls(
            account=_required(env, "ACCOUNT_ID"),
            region=_required(env, "AWS_REGION"),
            mode=_mode(env),
            scaling_mode=_one_of(env, "SCALE_TO_ZERO_MODE", MODES),
            idle=timedelta(minutes=_whole(env, "IDLE_MINUTES", "minutes")),
            incident_table=_required(env, "INCIDENT_TABLE"),
            state_table=_required(env, "STATE_TABLE"),
            notices_queue=_required(env, "NOTICES_QUEUE_URL"),
            alert_topic=_required(env, "ALERT_TOPIC_ARN"),
            event_bus=_required(env, "EVENT_BUS"),
            reminder=timedelta(hours=_whole(env, "REMINDER_HOURS", "hours")),
            slack_webhook_parameter=env.get("SLACK_WEBHOOK_PARAMETER", ""),
        )


def _mode(env: Mapping[str, str]) -> str:
    return _one_of(env, "REMEDIATION_MODE", MODES)


def _one_of(env: Mapping[str, str], name: str, values: tuple[str, ...]) -> str:
    given = _required(env, name)
    if given not in values:
        raise SettingsError(f'{name} is "{given}"; it must be one of {", ".join(values)}')
    return given


def _whole(env: Mapping[str, str], name: str, unit: str) -> int:
    text = _required(env, name)
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise SettingsError(f'{name} is "{text}"; it must be a whole number of {unit}, at least 1')
    return int(text)


def kill_switch_of(stack: str) -> str:
    """The name of the SSM parameter by which an owner stops every change."""
    return f"/batchmedic/{stack}/stop"


def _required(env: Mapping[str, str], name: str) -> str:
    if not env.get(name):
        raise SettingsError(f"{name} is not set; see the function's Environment in template.yaml")
    return env[name]
