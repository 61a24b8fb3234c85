"""Catches what the functions log at the level that they have in Lambda, to count it."""

import contextlib
import io
import logging
from types import TracebackType
from typing import Self

from aws_lambda_powertools import Logger

from functions.diagnose import app as diagnose_app
from functions.notify import app as notify_app

METRICS = '{"_aws"'  # CloudWatch's embedded metric format is a line too, and paid for like one


class Logs:
    """`with Logs() as logs`: nothing reaches the terminal, everything is counted."""

    def __init__(self) -> None:
        self._text = io.StringIO()
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._undo.enter_context(contextlib.redirect_stdout(self._text))
        for app in (diagnose_app, notify_app):
            self._catch(app.logger.registered_handler)
            self._at_info(app.logger)
        self._at_info(logging.getLogger("batchmedic"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def _catch(self, handler: logging.Handler) -> None:
        if isinstance(handler, logging.StreamHandler):
            before = handler.setStream(self._text)
            self._undo.callback(handler.setStream, before)

    def _at_info(self, logger: logging.Logger | Logger) -> None:
        before = logger.level if isinstance(logger, logging.Logger) else logger.log_level
        logger.setLevel(logging.INFO)
        self._undo.callback(logger.setLevel, before)

    def clear(self) -> None:
        self._text.seek(0)
        self._text.truncate()

    @property
    def lines(self) -> int:
        """Without the metrics."""
        return sum(not line.startswith(METRICS) for line in self._text.getvalue().splitlines())

    @property
    def size(self) -> int:
        """Bytes, metrics and all."""
        return len(self._text.getvalue().encode())
