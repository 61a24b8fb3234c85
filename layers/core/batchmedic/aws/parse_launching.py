"""Reads what EC2 and Auto Scaling answer about instances and launches into the model."""

import json
from collections.abc import Mapping
from typing import Any

from batchmedic.model.launching import Instance, Launch

GROUP_TAG = "aws:autoscaling:groupName"  # EC2 Auto Scaling puts it on what it launches
FAILED = ("Failed", "Cancelled")
LAUNCHING = "Launching a new EC2 instance"


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


def _details(text: str | None) -> Mapping[str, Any]:
    """JSON, as it happens: the API calls it only "the details"."""
    try:
        parsed = json.loads(text or "{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, Mapping) else {}
