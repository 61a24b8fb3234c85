"""The process of the emulator: started, commanded, and ended together with everything that it started."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT_SECONDS = 30
STOP_TIMEOUT_SECONDS = 5


class LocalStackError(Exception):
    """The local stack cannot do what was asked; the message says what to do about it."""


@dataclass(kw_only=True)
class EmulatorProcess:
    """`python -m local.emulator` with the emulator's own interpreter, on a port of 127.0.0.1."""

    port: int
    folder: Path
    settings: Mapping[str, str] = field(repr=False)
    _process: subprocess.Popen[str] | None = field(default=None, init=False, repr=False)

    def start(self) -> None:
        with self.log_file.open("w") as log:
            self._process = subprocess.Popen(
                [emulator_python(), "-m", "local.emulator"],
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # one process group, so that nothing of it can be left running
            )
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not answers(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                last_lines = "\n".join(self.log_file.read_text().splitlines()[-15:])
                raise LocalStackError(f"The emulator did not start:\n{last_lines}")
            time.sleep(0.05)

    def command(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Send one command and return the answer."""
        if self._process is None or self._process.poll() is not None:
            raise LocalStackError("The emulator is not running.")
        orders, replies = _pipe(self._process.stdin), _pipe(self._process.stdout)
        orders.write(json.dumps(command) + "\n")
        orders.flush()
        reply: dict[str, Any] = json.loads(replies.readline() or '{"error": "the emulator has ended"}')
        if "error" in reply:
            raise LocalStackError(f"The emulator refused {next(iter(command))}: {reply['error']}.")
        return reply

    def stop(self) -> None:
        """Closing its standard input ends the emulator; what is left of its process group is killed."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            _pipe(process.stdin).close()
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        while not _has_exited(process.pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        _pipe(process.stdout).close()

    @property
    def log_file(self) -> Path:
        return self.folder / "emulator.log"

    def _environment(self) -> dict[str, str]:
        """Nothing of the launcher's: the functions inherit this environment."""
        clean = {"PATH": os.defpath, "HOME": str(self.folder), "TMPDIR": str(self.folder), "LANG": "C.UTF-8"}
        return {**clean, "GATEWAY_PORT": str(self.port), **self.settings}


def emulator_python() -> str:
    return str(ROOT / ".emulator/bin/python")


def choose_port(wanted: int | None) -> int:
    """The wanted port of 127.0.0.1, or any free one."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted or 0))
        except OSError as error:
            raise LocalStackError(f"Port {wanted} on 127.0.0.1 is taken; free it, or choose another one.") from error
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether an emulator is ready there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise LocalStackError("The emulator was started without pipes.")
    return pipe


def _has_exited(pid: int) -> bool:
    # Without collecting it: as long as it is not collected, its process group cannot become somebody else's.
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
