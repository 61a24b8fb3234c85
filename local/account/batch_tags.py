"""Tags of compute environments, job queues, job definitions and jobs."""

from typing import Any

from local.account.batch_records import Batch, ComputeEnvironment, JobQueue
from local.account.errors import client_error

Request = dict[str, Any]

MOST_TAGS = 50  # per resource: Batch API reference, TagResource


class Tags:
    def __init__(self, batch: Batch) -> None:
        self._batch = batch

    def tag_resource(self, request: Request) -> Request:
        tags = self._of(request["resourceArn"])
        if len({**tags, **request["tags"]}) > MOST_TAGS:
            raise client_error(f"A resource can have at most {MOST_TAGS} tags")
        tags.update(request["tags"])
        return {}

    def untag_resource(self, request: Request) -> Request:
        tags = self._of(request["resourceArn"])
        for key in request["tagKeys"]:
            tags.pop(key, None)
        return {}

    def list_tags_for_resource(self, request: Request) -> Request:
        return {"tags": self._of(request["resourceArn"])}

    def _of(self, arn: str) -> dict[str, str]:
        owners: list[ComputeEnvironment | JobQueue] = [*self._batch.environments.values(), *self._batch.queues.values()]
        for owner in owners:
            if owner.arn == arn:
                return owner.tags
        for definition in (one for revisions in self._batch.definitions.values() for one in revisions):
            if definition["jobDefinitionArn"] == arn:
                found: dict[str, str] = definition["tags"]
                return found
        job = self._batch.jobs.get(arn.rpartition("/")[2])
        if job is None or job.arn != arn:
            raise client_error(f"Resource {arn} does not exist")
        tags: dict[str, str] = job.described["tags"]
        return tags
