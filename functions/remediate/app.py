"""Repair what the incidents whose doorbells rang are about, or do what a person asks."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.utilities.typing import LambdaContext

from batchmedic import contracts
from batchmedic.bootstrap.remediate import wire

logger = Logger()
copy_config_to_registered_loggers(source_logger=logger, include={"batchmedic"})
remediate = cache(lambda: wire(os.environ))


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    report = remediate()(contracts.message_bodies(event))
    logger.info("Attended to.", extra={"report": report.as_dict()})
    return contracts.answer(event, report.answer or report.as_dict(), report.failed)


if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:  # clients are made in Lambda's INIT, which has the whole CPU
    remediate()
