"""Repair what the incidents whose doorbells rang are about, or do what a person asks."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from batchmedic import contracts
from batchmedic.bootstrap.remediate import wire

logger, metrics = Logger(), Metrics()
copy_config_to_registered_loggers(source_logger=logger, include={"batchmedic"})
remediate = cache(lambda: wire(os.environ))


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    report = remediate()(contracts.message_bodies(event))
    metrics.add_metric(name="Repairs", unit=MetricUnit.Count, value=len(report.repairs))
    logger.info("Attended to.", extra={"report": report.as_dict()})
    return contracts.answer(event, report.answer or report.as_dict(), report.failed)


if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:  # clients are made in Lambda's INIT, which has the whole CPU
    remediate()
