"""Where alerts arrive on this machine: a webhook that records what is posted to it, and a reader of an SNS topic."""

from __future__ import annotations

import json
import threading
import uuid
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

LARGEST_POST = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One request to the webhook, and what was answered."""

    path: str
    content_type: str
    body: str
    answered: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class WebhookSink:
    """A webhook on 127.0.0.1; answers 200 and `ok`, as Slack does, unless told otherwise."""

    def __init__(self) -> None:
        self._posts: list[Post] = []
        self._planned: list[int] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/services/T000/B000/local"

    @property
    def posts(self) -> list[Post]:
        """All requests so far, also the refused ones."""
        with self._lock:
            return self._posts[:]

    def answer(self, *statuses: int) -> None:
        """Answer the next requests with these statuses, then 200 again."""
        with self._lock:
            self._planned[:] = statuses

    def _record(self, path: str, content_type: str, body: str) -> int:
        with self._lock:
            status = self._planned.pop(0) if self._planned else 200
            self._posts.append(Post(path=path, content_type=content_type, body=body, answered=status))
            return status

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = min(int(self.headers.get("Content-Length", 0)), LARGEST_POST)
                body = self.rfile.read(length).decode("utf-8", "replace")
                status = sink._record(self.path, self.headers.get("Content-Type", ""), body)
                answer = b"ok" if status == HTTPStatus.OK else b"error"
                self.send_response(status)
                if status == HTTPStatus.TOO_MANY_REQUESTS:
                    self.send_header("Retry-After", "1")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the posts are the record."""

        return Handler


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One message of the topic, as a subscriber sees it."""

    subject: str
    message: str
    attributes: dict[str, str]


@dataclass(kw_only=True)
class TopicReader:
    """A subscriber of an SNS topic, by a queue that only it reads."""

    sns: Any
    sqs: Any
    topic_arn: str
    _queue_url: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self._queue_url = self.sqs.create_queue(QueueName=f"reader-{uuid.uuid4().hex}")["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["QueueArn"])
        queue_arn = attributes["Attributes"]["QueueArn"]
        self.sqs.set_queue_attributes(
            QueueUrl=self._queue_url, Attributes={"Policy": json.dumps(_only_from(self.topic_arn, queue_arn))}
        )
        self.sns.subscribe(TopicArn=self.topic_arn, Protocol="sqs", Endpoint=queue_arn)

    def read(self, *, seconds: int = 0) -> list[Told]:
        """The messages that have come since the last call; waits up to `seconds` (at most 20) for the first."""
        told: list[Told] = []
        while messages := self._receive(0 if told else seconds):
            told += [_told(message["Body"]) for message in messages]
            for message in messages:
                self.sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
        return told

    def _receive(self, seconds: int) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=seconds)
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages


def _told(body: str) -> Told:
    envelope = json.loads(body)
    return Told(
        subject=envelope.get("Subject", ""),
        message=envelope["Message"],
        attributes={name: value["Value"] for name, value in envelope.get("MessageAttributes", {}).items()},
    )


def _only_from(topic_arn: str, queue_arn: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
