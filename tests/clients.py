"""AWS clients for tests: credentials that are none, and nothing from the machine's own configuration."""

import os
from typing import Any

from botocore.config import Config
from botocore.session import Session

from tests.factories import REGION


def make_client(service: str) -> Any:
    """A client that asks once; somebody has to answer for it, since sockets are closed."""
    session = Session()
    session.set_config_variable("config_file", os.devnull)
    session.set_credentials("testing", "testing")
    config = Config(retries={"mode": "standard", "total_max_attempts": 1})
    return session.create_client(service, region_name=REGION, config=config)
