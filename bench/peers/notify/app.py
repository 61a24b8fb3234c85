"""A notifier as tutorials write it: boto3, requests, all of Powertools, clients made at import."""

import os
from typing import Any

import boto3
import requests
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.parser import BaseModel, parse
from aws_lambda_powertools.utilities.typing import LambdaContext

logger, metrics, tracer = Logger(), Metrics(), Tracer()
processor = BatchProcessor(event_type=EventType.SQS)
table = boto3.resource("dynamodb").Table(os.environ["INCIDENT_TABLE"])  # noqa: TID251 - as tutorials write it
sns, ssm, events = boto3.client("sns"), boto3.client("ssm"), boto3.client("events")


class Doorbell(BaseModel):
    incident_id: str


@tracer.capture_method
def tell(record: SQSRecord) -> None:
    doorbell = parse(event=record.json_body, model=Doorbell)
    incident = table.get_item(Key={"incident_id": doorbell.incident_id})["Item"]
    url = ssm.get_parameter(Name="/batchmedic/slack", WithDecryption=True)["Parameter"]["Value"]
    sns.publish(TopicArn=os.environ["ALERT_TOPIC_ARN"], Message=str(incident["title"]))  # noqa: TID251 - likewise
    requests.post(url, json={"text": incident["title"]}, timeout=5).raise_for_status()


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return process_partial_response(event=event, record_handler=tell, processor=processor, context=context)
