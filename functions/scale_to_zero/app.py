"""Lower the floor of compute environments that are idle, and give it back when work returns."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from batchmedic.bootstrap.scale_to_zero import wire

logger, metrics = Logger(), Metrics(service="")  # no dimension: each set of them would be a metric to pay for
copy_config_to_registered_loggers(source_logger=logger, include={"batchmedic"})
scale_to_zero = cache(lambda: wire(os.environ))


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    report = scale_to_zero()(event)
    metrics.add_metric(name="FloorsFailed", unit=MetricUnit.Count, value=report.failed)
    logger.info("Looked at floors.", extra={"report": report.as_dict()})
    return report.as_dict()


if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:  # clients are made in Lambda's INIT, which has the whole CPU
    scale_to_zero()
