"""Changes as data: what would be called, why, and how it is undone; and how far a repair has come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for annotations; not loaded at start
    from batchmedic.model.compute_environment import ComputeEnvironment


CREATE_GROUP = "ec2:CreateSecurityGroup"
NEW_GROUP = "NEW_SECURITY_GROUP_ID"  # in a plan, for the id of the group that an earlier change makes


class RemedyStatus(StrEnum):
    """The public states of a repair."""

    NONE = "none"
    PLANNED = "planned"
    AWAITING_APPROVAL = "awaiting_approval"
    APPLYING = "applying"
    VERIFYING = "verifying"
    VERIFIED = "verified"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"

    @property
    def under_way(self) -> bool:
        return self in (RemedyStatus.APPLYING, RemedyStatus.VERIFYING)

    @property
    def undecided(self) -> bool:
        return self in (RemedyStatus.NONE, RemedyStatus.PLANNED, RemedyStatus.AWAITING_APPROVAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """`call` is an IAM action, "batch:UpdateComputeEnvironment"; `parameters` are in the API's own words."""

    call: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    call: ApiCall
    undo: ApiCall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a remedy would do to a compute environment that is as `digest` says; no changes where it cannot help.

    `steps` are commands for a person: the same changes by hand, or what else helps where `refusal` says why not this.
    """

    remedy: str
    environment: str  # ARN
    digest: str
    because: str = ""
    changes: tuple[Change, ...] = ()
    steps: tuple[str, ...] = ()
    refusal: str | None = None

    @property
    def id(self) -> str:
        """A short name for exactly this plan, by which a person approves it."""
        calls = [(change.call.call, change.call.parameters) for change in self.changes]
        return sha256(json.dumps([self.environment, self.digest, calls], sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """How far the remedy of an incident has come; `version` counts what people should hear of it.

    `approved` is the id of the plan that a person approved. `group` is the security group that we made.
    """

    remedy: str
    status: RemedyStatus
    plan: Plan | None = None
    why_not: str | None = None
    said: str = ""  # what was proved, or how it failed
    approved: str | None = None
    version: int = 0
    group: str | None = None
    was_valid: bool = False
    digest_after: str | None = None
    waiting_jobs: tuple[str, ...] = ()  # ARNs, when the change was made
    began_at: datetime | None = None
    applied_at: datetime | None = None
    valid_since: datetime | None = None
    due_at: datetime | None = None
    commands: tuple[str, ...] = field(default=())


def is_as_before(environment: ComputeEnvironment, undo: ApiCall | None) -> bool:
    """Whether what the digest does not cover is still as it was; groups are covered."""
    wanted = undo.parameters.get("computeResources", {}) if undo else {}
    return wanted.get("maxvCpus") in (None, environment.max_vcpus)


def shows(environment: ComputeEnvironment, call: ApiCall) -> bool:
    """Whether the environment already is as this update wants it."""
    wanted = call.parameters.get("computeResources", {})
    groups, most = wanted.get("securityGroupIds"), wanted.get("maxvCpus")
    return (groups is None or set(groups) == set(environment.security_groups)) and (
        most is None or most == environment.max_vcpus
    )
