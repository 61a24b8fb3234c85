"""What Spot Fleets launched for compute environments, and what EC2 said to them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from batchmedic.aws import parse_launching
from batchmedic.aws.answering import read
from batchmedic.aws.ec2_pages import every
from batchmedic.aws.launch_evidence import latest_first, tagged_instances
from batchmedic.errors import ReadError
from batchmedic.model.answers import Answers
from batchmedic.model.compute_environment import ComputeEnvironment
from batchmedic.model.launch_trouble import RECENT
from batchmedic.model.launching import Instance, Launch
from batchmedic.model.snapshot import Snapshot
from batchmedic.model.spot_fleet import SpotFleet, fleet_of, is_tellable

HISTORY = 1_000  # records, the most of a page
LOOK_BACK = 3 * RECENT


@dataclass(frozen=True, slots=True)
class FleetEvidence:
    ec2: Callable[[], Any]

    def fleets(self, environments: list[ComputeEnvironment], snapshot: Snapshot) -> Answers[str]:
        """The id of the newest Spot Fleet request by environment (ARN); one call for all."""
        call = "ec2:DescribeSpotFleetRequests"
        if not environments:
            return Answers(call=call, asked=frozenset())
        try:
            listed = read(call, self._list)
        except ReadError as error:
            return Answers(call=call, unread=error.because)
        sharers = Counter(one.spot_fleet_role for one in snapshot.compute_environments if one.by_spot_fleet)
        told = [one for one in environments if is_tellable(one, listed, sharers[one.spot_fleet_role])]
        found = {one.arn: fleet for one in told if (fleet := fleet_of(one, listed)) is not None}
        return Answers(
            call=call,
            found={arn: fleet.id for arn, fleet in found.items()},
            asked=frozenset(one.arn for one in told),
        )

    def instances(self, fleets: Answers[str]) -> Answers[tuple[Instance, ...]]:
        """One call for all: by the tag that EC2 gives to what a Spot Fleet launches."""
        call = "ec2:DescribeInstances"
        if fleets.unread is not None:
            return Answers(call=fleets.call, unread=fleets.unread)
        if not fleets.found:
            return Answers(call=call, asked=fleets.asked)
        try:
            listed = tagged_instances(self.ec2(), parse_launching.FLEET_TAG, fleets.found.values())
        except ReadError as error:
            return Answers(call=call, unread=error.because)
        found = {arn: tuple(one for one in listed if one.spot_fleet == id) for arn, id in fleets.found.items()}
        return Answers(call=call, found=found, asked=fleets.asked)

    def launches(self, fleets: Answers[str], at: datetime) -> Answers[tuple[Launch, ...]]:
        """One call for each fleet: its history of the last hours."""
        call = "ec2:DescribeSpotFleetRequestHistory"
        if fleets.unread is not None:
            return Answers(call=fleets.call, unread=fleets.unread)
        found: dict[str, tuple[Launch, ...]] = {}
        try:
            for arn, id in fleets.found.items():
                found[arn] = read(call, lambda id=id: self._history(id, at))  # type: ignore[misc]
        except ReadError as error:
            return Answers(call=call, found=found, unread=error.because)
        return Answers(call=call, found=found, asked=fleets.asked)

    def _list(self) -> list[SpotFleet]:
        described = every(self.ec2(), "describe_spot_fleet_requests", "SpotFleetRequestConfigs")
        return [parse_launching.spot_fleet(each) for each in described]

    def _history(self, fleet: str, at: datetime) -> tuple[Launch, ...]:
        answer = self.ec2().describe_spot_fleet_request_history(
            SpotFleetRequestId=fleet, StartTime=at - LOOK_BACK, MaxResults=HISTORY
        )
        return latest_first(map(parse_launching.fleet_launch, answer.get("HistoryRecords") or ()))
