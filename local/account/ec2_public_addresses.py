"""Which instances get a public address when they are launched."""

from typing import Any

from local.account.ec2_filters import Record


def public_address(instance_id: str, subnet: Record, template: dict[str, Any]) -> str | None:
    """As the launch template's network interface says, else as the subnet does (VPC User Guide, vpc-ip-addressing).

    The address is made up, of a range for tests of networks: RFC 2544.
    """
    interfaces = template.get("NetworkInterfaces", [])
    usual = subnet.get("MapPublicIpOnLaunch", False)
    wanted = interfaces[0].get("AssociatePublicIpAddress", usual) if interfaces else usual
    number = int(instance_id[-4:], 16)
    return f"198.18.{number >> 8}.{number & 255}" if wanted else None
