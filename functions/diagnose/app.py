"""Look at the job queues that the hints name, and record what is wrong with them."""

import os
from datetime import timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from batchmedic import contracts
from batchmedic.bootstrap.diagnose import wire

logger, metrics = Logger(), Metrics(service="")  # no dimension: each set of them would be a metric to pay for
copy_config_to_registered_loggers(source_logger=logger, include={"batchmedic"})
diagnose = cache(lambda: wire(os.environ))


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    time_left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    report = diagnose()(contracts.message_bodies(event), time_left=time_left)
    if report.open_incidents is not None:  # a sweep that came to its end
        metrics.add_metric(name="SweepsCompleted", unit=MetricUnit.Count, value=1)
        metrics.add_metric(name="OpenIncidents", unit=MetricUnit.Count, value=report.open_incidents)
        metrics.flush_metrics()
    logger.info("Looked.", extra={"report": report.as_dict()})
    return contracts.answer(event, report.as_dict(), report.failed)


if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:  # clients are made in Lambda's INIT, which has the whole CPU
    diagnose()
