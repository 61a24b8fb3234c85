"""Makes the AWS clients, all with the same patience."""

from functools import cache
from typing import Any

from botocore.config import Config
from botocore.session import Session

CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 4},  # the default mode differs between versions of botocore
    connect_timeout=2,
    read_timeout=8,
    user_agent_extra="batchmedic",
)


@cache
def _session() -> Session:
    return Session()


@cache
def single(service: str) -> Any:
    """A client that tries a request once: for changes, which are repeated only after another look."""
    return _session().create_client(service, config=CONFIG.merge(Config(retries={"total_max_attempts": 1})))


@cache
def client(service: str) -> Any:
    """One client per service and process: making them is what costs (EC2 the most)."""
    return _session().create_client(service, config=CONFIG)
