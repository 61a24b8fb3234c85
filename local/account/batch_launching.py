"""Why EC2 refuses to launch an instance of one type in one subnet, in its own words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from local.account.batch_records import Batch, ComputeEnvironment
from local.account.batch_sizes import Size
from local.account.ec2_instance_types import offered_in_zones, zones_that_offer
from local.account.ec2_network import Network
from local.account.service_quotas import FARGATE, bucket
from local.account.world import World

SOLD_OUT = "InsufficientInstanceCapacity"
UNSUPPORTED = "Unsupported"
CLIENT_ERROR = "Client.InternalError"

ON_DEMAND_PRICE = 0.05  # USD per vCPU and hour: made up
USUAL_SPOT_PERCENT = 35.0  # of it: made up

NO_CAPACITY = (
    "We currently do not have sufficient {type} capacity in the Availability Zone you requested ({zone}). Our system "
    "will be working on provisioning additional capacity."
)
NO_SPOT_CAPACITY = "There is no Spot capacity available that matches your request."
NOT_IN_THE_ZONE = (
    "Your requested instance type ({type}) is not supported in your requested Availability Zone ({zone}). Please retry "
    "your request by not specifying an Availability Zone or choosing {zones}."
)
NOT_IN_THE_REGION = (
    "The requested configuration is currently not supported. Please check the documentation for supported "
    "configurations."
)
TOO_MANY_VCPUS = (
    "You have requested more vCPU capacity than your current vCPU limit of {limit:.0f} allows for the instance bucket "
    "that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request "
    "an adjustment to this limit."
)
TOO_MANY_SPOT = "Max spot instance count exceeded."
NO_ADDRESS = "The specified subnet does not have enough free addresses to satisfy the request."
BID_TOO_LOW = (
    "Your Spot request price of {bid:g} is lower than the minimum required Spot request fulfillment price of "
    "{market:g}."
)
NO_KEY = "Client.InternalError: Client error on launch"


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """EC2's error code, and the sentence that an Auto Scaling group quotes."""

    code: str
    message: str


class Launching:
    def __init__(self, world: World, batch: Batch, network: Network) -> None:
        self._world = world
        self._causes = world.launch_causes
        self._batch = batch
        self._network = network

    def attempt(
        self, environment: ComputeEnvironment, possible: Sequence[Size], subnet_id: str
    ) -> tuple[Refusal | None, Size]:
        """The first type that is not refused; else the first one, if the zone offers any of them, and what EC2 says."""
        refused: list[tuple[Refusal, Size]] = []
        for each in possible:
            refusal = self.refusal(environment, each, subnet_id)
            if refusal is None:
                return None, each
            refused.append((refusal, each))
        return min(refused, key=lambda tried: tried[0].code == UNSUPPORTED)

    def refusal(self, environment: ComputeEnvironment, wanted: Size, subnet_id: str) -> Refusal | None:
        """What is wrong with the request comes first, what lies in the account next, EC2's own stock last: inferred."""
        zone: str = self._network.subnets[subnet_id]["AvailabilityZone"]
        return next(self._refusals(environment, wanted, subnet_id, zone), None)

    def addresses_in_use(self, subnet_id: str) -> int:
        instances = sum(
            instance.subnet_id == subnet_id
            for environment in self._batch.environments.values()
            for instance in environment.instances
        )
        return instances + self._causes.occupied[subnet_id]

    def fargate_takes(self, vcpus: float) -> bool:
        """The quota of On-Demand tasks; Fargate Spot has one of its own, which is not simulated."""
        running = sum(
            job.vcpus
            for environment in self._batch.environments.values()
            if environment.kind == "FARGATE"
            for job in environment.running
        )
        return running + vcpus <= self._causes.quotas.get(FARGATE, float("inf"))

    def _refusals(self, environment: ComputeEnvironment, wanted: Size, subnet_id: str, zone: str) -> Iterator[Refusal]:
        other = self._causes.launch_errors.get(environment.name) or self._causes.launch_error
        if other:
            yield Refusal(code="Other", message=other)
        if wanted.type not in offered_in_zones(self._world.region, (zone,)):
            yield self._unsupported(wanted.type, zone)
        spot = environment.kind == "SPOT"
        yield from self._quota(wanted, spot=spot)
        if self._network.free_addresses(subnet_id) < 1:
            yield Refusal(code="InsufficientFreeAddressesInSubnet", message=NO_ADDRESS)
        if spot:
            yield from self._price(environment, wanted)
        if {wanted.type, (wanted.type, zone)} & self._causes.sold_out:
            text = NO_SPOT_CAPACITY if spot else NO_CAPACITY.format(type=wanted.type, zone=zone)
            yield Refusal(code=SOLD_OUT, message=text)
        if self._has_unusable_key(environment):
            yield Refusal(code=CLIENT_ERROR, message=f"{NO_KEY}.")

    def _unsupported(self, instance_type: str, zone: str) -> Refusal:
        zones = ", ".join(zones_that_offer(self._world.region, instance_type))
        text = NOT_IN_THE_ZONE.format(type=instance_type, zone=zone, zones=zones) if zones else NOT_IN_THE_REGION
        return Refusal(code=UNSUPPORTED, message=text)

    def _quota(self, wanted: Size, *, spot: bool) -> Iterator[Refusal]:
        code = bucket(wanted.type, spot=spot)
        limit = self._causes.quotas.get(code or "", float("inf"))
        if self._running_vcpus(code, spot=spot) + wanted.vcpus <= limit:
            return
        if spot:
            yield Refusal(code="MaxSpotInstanceCountExceeded", message=TOO_MANY_SPOT)
        else:
            yield Refusal(code="VcpuLimitExceeded", message=TOO_MANY_VCPUS.format(limit=limit))

    def _running_vcpus(self, code: str | None, *, spot: bool) -> int:
        return sum(
            instance.vcpus
            for environment in self._batch.environments.values()
            if (environment.kind == "SPOT") == spot
            for instance in environment.instances
            if bucket(instance.type, spot=spot) == code
        )

    def _price(self, environment: ComputeEnvironment, wanted: Size) -> Iterator[Refusal]:
        usual = ON_DEMAND_PRICE * wanted.vcpus
        bid = usual * environment.resources.get("bidPercentage", 100) / 100
        market = usual * self._causes.spot_market_percent.get(wanted.type, USUAL_SPOT_PERCENT) / 100
        if bid < market:
            yield Refusal(code="SpotMaxPriceTooLow", message=BID_TOO_LOW.format(bid=bid, market=market))

    def _has_unusable_key(self, environment: ComputeEnvironment) -> bool:
        """A key may be named by its id or by its ARN, which ends with the id."""
        unusable = {each.rpartition("/")[2] for each in self._causes.unusable_keys}
        return any(
            mapping.get("Ebs", {}).get("KmsKeyId", "").rpartition("/")[2] in unusable
            for template in environment.templates
            for mapping in template.data.get("BlockDeviceMappings", [])
        )
