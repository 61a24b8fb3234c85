"""A diagnoser as tutorials write it: boto3, all of Powertools, clients made at import."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.parser import BaseModel, parse
from aws_lambda_powertools.utilities.typing import LambdaContext

logger, metrics, tracer = Logger(), Metrics(), Tracer()
processor = BatchProcessor(event_type=EventType.SQS)
SERVICES = ("batch", "ec2", "ecs", "autoscaling", "iam", "dynamodb", "sqs", "events", "cloudtrail", "service-quotas")
clients = {service: boto3.client(service) for service in SERVICES}  # type: ignore[call-overload]


class Hint(BaseModel):
    queue: str


@tracer.capture_method
def look(record: SQSRecord) -> None:
    hint = parse(event=record.json_body, model=Hint)
    logger.info("Looked.", extra={"answer": clients["batch"].describe_job_queues(jobQueues=[hint.queue])})


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return process_partial_response(event=event, record_handler=look, processor=processor, context=context)
