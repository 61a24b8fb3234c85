"""Whether the roles and instance profiles of sick compute environments exist, and whom they trust."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from batchmedic.aws.answering import read
from batchmedic.errors import ReadError
from batchmedic.model.answers import Answers
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.identity import (
    JOIN_ACTIONS,
    REASON_ACTIONS,
    RELEASE_ACTIONS,
    Identity,
    InstanceProfile,
    Role,
    name_of,
)

Value = TypeVar("Value")

SERVICE_LINKED = "/aws-service-role/"  # AWS looks after these itself


@dataclass(frozen=True, slots=True)
class IdentityEvidence:
    """One call per distinct role or profile: IAM has no bulk read of named ones."""

    iam: Callable[[], Any]
    known: dict[str, tuple[str, ...]] = field(default_factory=dict)  # what was denied, by role ARN

    def denied(self, environments: list[ComputeEnvironment]) -> Answers[tuple[str, ...]]:
        """Which of REASON_ACTIONS their own service roles may not do; asked once per role and process."""
        call = "iam:SimulatePrincipalPolicy"
        arns = dict.fromkeys(one.service_role for one in environments if one.service_role)
        own = [arn for arn in arns if arn and arn.startswith("arn:") and SERVICE_LINKED not in arn]
        for arn in own:
            if arn in self.known:
                continue
            try:
                self.known[arn] = read(call, lambda arn=arn: self._refused(arn, REASON_ACTIONS))  # type: ignore[misc]
            except ReadError as error:
                return Answers(call=call, unread=error.because)
        return Answers(call=call, found={arn: self.known[arn] for arn in own}, asked=frozenset(own))

    def joining(self, environments: list[ComputeEnvironment]) -> Identity:
        """Their instance profiles, and what the roles in these may not do of what joining takes; asked afresh at
        each look, for a policy may be mended."""
        profiles = self._profiles(environments)
        roles = [role for profile in profiles.found.values() for role in profile.roles]
        return Identity(instance_profiles=profiles, join_denied=self._denied(roles, JOIN_ACTIONS))

    def releasing(self, environments: list[ComputeEnvironment]) -> Answers[tuple[str, ...]]:
        """What their Spot Fleet roles may not do of what it takes to let an instance go, by role ARN."""
        return self._denied([one.spot_fleet_role or "" for one in environments if one.by_spot_fleet], RELEASE_ACTIONS)

    def _denied(self, roles: list[str], actions: tuple[str, ...]) -> Answers[tuple[str, ...]]:
        call = "iam:SimulatePrincipalPolicy"
        found: dict[str, tuple[str, ...]] = {}
        for arn in dict.fromkeys(role for role in roles if role.startswith("arn:")):
            try:
                found[arn] = read(call, lambda arn=arn: self._refused(arn, actions))  # type: ignore[misc]
            except ReadError as error:
                return Answers(call=call, found=found, unread=error.because)
        return Answers(call=call, found=found, asked=frozenset(found))

    def _refused(self, arn: str, actions: tuple[str, ...]) -> tuple[str, ...]:
        answer = self.iam().simulate_principal_policy(PolicySourceArn=arn, ActionNames=list(actions))
        results = answer.get("EvaluationResults") or ()
        return tuple(one["EvalActionName"] for one in results if one.get("EvalDecision") != "allowed")

    def __call__(self, environments: list[ComputeEnvironment]) -> Identity:
        if not environments:
            return Identity()
        roles = [role for one in environments for role in (one.service_role, one.spot_fleet_role) if role]
        return Identity(
            roles=self._each("iam:GetRole", [role for role in roles if SERVICE_LINKED not in role], self._role),
            instance_profiles=self._profiles(environments),
        )

    def _profiles(self, environments: list[ComputeEnvironment]) -> Answers[InstanceProfile]:
        named = [one.instance_role for one in environments if one.instance_role and ":role/" not in one.instance_role]
        return self._each("iam:GetInstanceProfile", named, self._profile)

    def _each(self, call: str, named: Iterable[str], request: Callable[[str], Value]) -> Answers[Value]:
        found: dict[str, Value] = {}
        names = list(dict.fromkeys(map(name_of, named)))
        for name in names:
            try:
                found[name] = read(call, lambda name=name: request(name))  # type: ignore[misc]
            except ReadError as error:
                if error.because in ("NoSuchEntity", "ValidationError"):  # a name that IAM would not even take
                    continue
                return Answers(call=call, found=found, unread=error.because)
        return Answers(call=call, found=found, asked=frozenset(names))

    def _role(self, name: str) -> Role:
        role = self.iam().get_role(RoleName=name)["Role"]
        return Role(arn=role["Arn"], trusts=_trusted(role.get("AssumeRolePolicyDocument") or {}))

    def _profile(self, name: str) -> InstanceProfile:
        profile = self.iam().get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
        held = profile.get("Roles") or ()
        return InstanceProfile(
            arn=profile["Arn"],
            roles=tuple(role["Arn"] for role in held),
            trusts=frozenset(
                service for role in held for service in _trusted(role.get("AssumeRolePolicyDocument") or {})
            ),
        )


def _trusted(document: Mapping[str, Any] | str) -> frozenset[str]:
    """The services that a trust policy lets in; botocore has decoded the document."""
    parsed: Mapping[str, Any] = json.loads(document) if isinstance(document, str) else document
    services: set[str] = set()
    for statement in parsed.get("Statement") or ():
        named = statement.get("Principal")
        service = named.get("Service") if isinstance(named, Mapping) else None
        if statement.get("Effect") == "Allow" and service:
            services.update([service] if isinstance(service, str) else service)
    return frozenset(services)
