"""Reads what EC2 and Auto Scaling answer about instances and launches into the model."""

import json
import re
from collections.abc import Mapping
from typing import Any

from batchmedic.aws import user_data
from batchmedic.model.launching import Instance, Launch
from batchmedic.model.spot_fleet import SpotFleet

GROUP_TAG = "aws:autoscaling:groupName"  # EC2 Auto Scaling puts it on what it launches
FLEET_TAG = "aws:ec2spot:fleet-request-id"  # and EC2 on what a Spot Fleet launches
FAILED = ("Failed", "Cancelled")
LAUNCHING = "Launching a new EC2 instance"
REFUSALS = ("launchSpecTemporarilyBlacklisted", "launchSpecUnusable", "fleetProgressHalted")
POOL = re.compile(r"[^,]+, ami-\w+, [^,:]+(?:, (?P<zone>[\w-]+))?[,:]")  # in the wild


def instance(described: Mapping[str, Any]) -> Instance:
    tags = {tag.get("Key"): tag.get("Value") or "" for tag in described.get("Tags") or ()}
    return Instance(
        id=described["InstanceId"],
        instance_type=described.get("InstanceType") or "",
        state=(described.get("State") or {}).get("Name") or "",
        state_reason=(described.get("StateReason") or {}).get("Code") or "",
        launched_at=described.get("LaunchTime"),
        subnet=described.get("SubnetId") or "",
        zone=(described.get("Placement") or {}).get("AvailabilityZone") or "",
        vpc_id=described.get("VpcId") or "",
        public_address=bool(described.get("PublicIpAddress")),
        security_groups=tuple(group["GroupId"] for group in described.get("SecurityGroups") or ()),
        scaling_group=tags.get(GROUP_TAG, ""),
        spot_fleet=tags.get(FLEET_TAG, ""),
    )


def launch(activity: Mapping[str, Any]) -> Launch | None:
    """None for what is no launch, or not over yet."""
    status, details = activity.get("StatusCode"), _details(activity.get("Details"))
    if not str(activity.get("Description") or "").startswith(LAUNCHING):
        return None
    if status != "Successful" and status not in FAILED:
        return None
    return Launch(
        at=activity["StartTime"],
        succeeded=status == "Successful",
        message="" if status == "Successful" else activity.get("StatusMessage") or "",
        zone=details.get("Availability Zone") or "",
        subnet=details.get("Subnet ID") or "",
    )


def spot_fleet(described: Mapping[str, Any]) -> SpotFleet:
    """Of the user data only the names of clusters are kept."""
    config = described.get("SpotFleetRequestConfig") or {}
    specifications = config.get("LaunchSpecifications") or ()
    texts = (user_data.decoded(each.get("UserData")) for each in specifications)
    return SpotFleet(
        id=described["SpotFleetRequestId"],
        role=config.get("IamFleetRole") or "",
        made_at=described["CreateTime"],
        clusters=frozenset(cluster for text in texts for cluster in user_data.clusters_in(text)),
    )


def fleet_launch(record: Mapping[str, Any]) -> Launch | None:
    """None for what is no launch and no refusal (EC2 API reference, EventInformation)."""
    event = record.get("EventInformation") or {}
    kind, text = event.get("EventSubType") or "", event.get("EventDescription") or ""
    if kind == "launched":
        return Launch(at=record["Timestamp"], succeeded=True)
    if record.get("EventType") != "error" and kind not in REFUSALS:
        return None
    pool = POOL.match(text)
    return Launch(
        at=record["Timestamp"], succeeded=False, message=f"{kind}: {text}", zone=(pool and pool["zone"]) or ""
    )


def _details(text: str | None) -> Mapping[str, Any]:
    """JSON, as it happens: the API calls it only "the details"."""
    try:
        parsed = json.loads(text or "{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, Mapping) else {}
