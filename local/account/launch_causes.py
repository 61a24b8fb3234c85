"""Causes of refused launches that no request here changes: they lie at AWS, in its quotas, or with others."""

from collections import Counter
from dataclasses import dataclass, field

from local.account.service_quotas import defaults


@dataclass(kw_only=True)
class LaunchCauses:
    sold_out: set[str | tuple[str, str]] = field(default_factory=set)
    quotas: dict[str, float] = field(default_factory=defaults)
    occupied: Counter[str] = field(default_factory=Counter)  # addresses of others, by the id of the subnet
    unusable_keys: set[str] = field(default_factory=set)
    spot_market_percent: dict[str, float] = field(default_factory=dict)
    launch_error: str | None = None
    launch_errors: dict[str, str] = field(default_factory=dict)


class LaunchSwitches:
    """The part of the account's front that sets these causes."""

    _causes: LaunchCauses

    @property
    def sold_out(self) -> set[str | tuple[str, str]]:
        """Instance types that EC2 has no capacity for at the moment: anywhere, or (type, zone) in one zone."""
        return self._causes.sold_out

    @property
    def quotas(self) -> dict[str, float]:
        """vCPUs by quota code; a code that is taken out limits nothing, and Service Quotas knows no value for it."""
        return self._causes.quotas

    @property
    def unusable_keys(self) -> set[str]:
        """KMS keys (ARNs or ids) of volumes that the role which launches instances may not use."""
        return self._causes.unusable_keys

    @property
    def spot_market_percent(self) -> dict[str, float]:
        """What Spot instances of a type cost now, in per cent of the On-Demand price; others cost the usual."""
        return self._causes.spot_market_percent

    @property
    def launch_error(self) -> str | None:
        """The sentence with which EC2 refuses every launch, for a cause of any other kind."""
        return self._causes.launch_error

    @launch_error.setter
    def launch_error(self, sentence: str | None) -> None:
        self._causes.launch_error = sentence

    @property
    def launch_errors(self) -> dict[str, str]:
        """The same for single compute environments, by their names."""
        return self._causes.launch_errors

    def occupy(self, subnet_id: str, addresses: int) -> None:
        """Network interfaces of others take so many more addresses of the subnet; a negative number frees some."""
        self._causes.occupied[subnet_id] += addresses
