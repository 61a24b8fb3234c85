"""Accounts in a known state, made by their owner through AWS's own API and the passing of time."""

from local.owner import Place
from tests.functions.platform import Platform


def healthy(platform: Platform, *, names: tuple[str, ...] = ("align",)) -> Place:
    """VALID environments `<name>-ec2` with a queue `<name>` each, nothing submitted, six minutes old."""
    place = platform.owner.place("home")
    here = {"subnet": place.subnet, "security_group": place.security_group}
    environments = {name: platform.owner.compute_environment(f"{name}-ec2", **here) for name in names}
    platform.run(2)
    for name, environment in environments.items():
        platform.owner.job_queue(name, environment)
    platform.run(4)
    return place


def mismatch(platform: Platform, *, names: tuple[str, ...] = ("align",)) -> Place:
    """As `healthy`, but then somebody gave each environment a security group of another VPC; gives that place."""
    healthy(platform, names=names)
    elsewhere = platform.owner.place("elsewhere", cidr="10.9.0.0/16")
    for name in names:
        platform.owner.use_security_group(f"{name}-ec2", elsewhere.security_group)
    return elsewhere


def without_a_way_out(platform: Platform) -> Place:
    """As `healthy`, but then somebody took the default route away that leads to a NAT gateway."""
    place = healthy(platform)
    platform.owner.close_way_out(place)
    return place
