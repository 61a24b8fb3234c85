"""A stand-in for every function: writes down what it receives, and tries the AWS call that it is asked to try."""

import json
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

import batchmedic

logger = Logger()


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    if "try" in event:
        return attempt(*event["try"])
    logger.info("received", extra={"received": json.dumps(event), "package": batchmedic.__name__})
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in poisoned(event)]}


def poisoned(event: dict[str, Any]) -> list[dict[str, Any]]:
    return [record for record in event.get("Records", []) if "poison" in record["body"]]


def attempt(service: str, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    try:
        getattr(boto3.client(service), operation)(**parameters)
    except ClientError as error:
        return {"answer": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
    return {"answer": "ok", "message": ""}
