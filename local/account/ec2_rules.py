"""What the rules of security groups let pass, and how single sources are taken out of them."""

from collections.abc import Iterable
from ipaddress import ip_address

from local.account.ec2_filters import Record
from local.account.ec2_topology import network

SOURCES = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
KINDS = ("IpProtocol", "FromPort", "ToPort")
ALL, TCP = "-1", ("tcp", "6")


def let_pass(groups: Iterable[Record], direction: str, port: int, *, address: str, members: Iterable[str]) -> bool:
    """Whether some rule lets TCP pass to or from this address, or the groups that it belongs to."""
    return any(_lets(rule, port, address, members) for group in groups for rule in group[direction])


def taken_out(rules: list[Record], permission: Record) -> bool:
    """Remove the sources of this permission from the rules; descriptions do not count. False if one is not there."""
    found = True
    for key in SOURCES:
        for source in permission.get(key, []):
            holders = [rule for rule in rules if _is_alike(rule, permission) and _place(rule.get(key, []), source) >= 0]
            for rule in holders[:1]:
                rule[key] = [each for n, each in enumerate(rule[key]) if n != _place(rule[key], source)]
            found = found and bool(holders)
    return found


def _lets(rule: Record, port: int, address: str, members: Iterable[str]) -> bool:
    if rule["IpProtocol"] != ALL and not (rule["IpProtocol"] in TCP and rule["FromPort"] <= port <= rule["ToPort"]):
        return False
    if any(ip_address(address) in network(each["CidrIp"]) for each in rule.get("IpRanges", [])):
        return True
    named = {each.get("GroupId") for each in rule.get("UserIdGroupPairs", [])}
    return bool(named.intersection(members))


def _is_alike(rule: Record, permission: Record) -> bool:
    """All traffic has no ports, whatever is said (EC2 API reference, IpPermission)."""
    kinds = KINDS[:1] if rule["IpProtocol"] == ALL else KINDS
    return all(rule.get(key) == permission.get(key) for key in kinds)


def _place(sources: list[Record], wanted: Record) -> int:
    names = ("CidrIp", "CidrIpv6", "PrefixListId", "GroupId")
    key = next((name for name in names if name in wanted), None)
    return next((n for n, each in enumerate(sources) if key and each.get(key) == wanted[key]), -1)
