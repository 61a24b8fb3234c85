"""Tell people what is new about the incidents whose doorbells rang."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from batchmedic import contracts
from batchmedic.bootstrap.notify import wire

logger, metrics = Logger(), Metrics(service="")  # no dimension: each set of them would be a metric to pay for
copy_config_to_registered_loggers(source_logger=logger, include={"batchmedic"})
notify = cache(lambda: wire(os.environ))


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    report = notify()(contracts.message_bodies(event))
    metrics.add_metric(name="ChannelsBroken", unit=MetricUnit.Count, value=report.count.channels_broken)
    logger.info("Told.", extra={"report": report.as_dict()})
    return contracts.answer(event, report.answer or report.as_dict(), report.failed)


if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:  # clients are made in Lambda's INIT, which has the whole CPU
    notify()
