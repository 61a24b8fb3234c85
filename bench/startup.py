"""`python -m bench.startup`: how long INIT takes, ours beside what people usually write; about a minute, no network.

From the start of a process to its first request for an event, with AWS's own runtime client against a loopback Runtime
API. The code is what `sam build` makes of it. As in Lambda, code in layers and functions has no bytecode, so each start
compiles it anew; the packages of the runtime are taken to have theirs.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import MSG_WAITALL, create_server, socket
from statistics import median

from bench.goals import Goal
from bench.runtime import BOTO, EXTRAS, POWERTOOLS, RUNTIME_CLIENT, copy_packages, link_packages, start

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 11
PATIENCE = 60  # seconds until a start has failed
NEXT = b"GET /2018-06-01/runtime/invocation/next"
NAIVE = ("requests", "charset-normalizer", "idna", "certifi")  # what it has beyond the runtime and Powertools' layer
OURS = {
    "diagnose": "DiagnoseFunction",
    "notify": "NotifyFunction",
    "remediate": "RemediateFunction",
    "scale_to_zero": "ScaleToZeroFunction",
}
FLOOR, NAIVE_DIAGNOSE, NAIVE_NOTIFY = "floor", "naive diagnose", "naive notify"

Places = tuple[Path, ...]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(_paths(Path(folder)))
    print(f"{'milliseconds until the first event is asked for':50}{'median':>9}{'least':>9}{'most':>9}{'/ floor':>9}")
    floor = median(measured[FLOOR])
    for name, times in measured.items():
        cells = (median(times) * 1e3, min(times) * 1e3, max(times) * 1e3)
        print(f"  {name:48}" + "".join(f"{cell:>9.0f}" for cell in cells) + f"{median(times) / floor:>9.2f}")
    print(f"\n{'goal':50}{'ours':>9}{'goal':>9}  met?")
    for goal in goals({name: median(times) for name, times in measured.items()}):
        print(f"  {goal.says:48}{goal.ours:>9.2f}{goal.limit:>9.2f}  {'yes' if goal.met else 'NO'}")


def goals(seconds: dict[str, float]) -> Iterator[Goal]:
    diagnose, notify = seconds["diagnose"], seconds["notify"]
    yield Goal(says="diagnose / naive", ours=diagnose / seconds[NAIVE_DIAGNOSE], limit=0.25)
    yield Goal(says="diagnose / floor", ours=diagnose / seconds[FLOOR], limit=8.5)
    yield Goal(says="notify / naive", ours=notify / seconds[NAIVE_NOTIFY], limit=0.12)


def measure(paths: dict[str, Places]) -> dict[str, list[float]]:
    """Seconds of each start; turn about, so that a busy machine slows all alike. The first round only warms up."""
    rounds = [{name: _seconds(name, path) for name, path in paths.items()} for _ in range(1 + ROUNDS)]
    return {name: [one[name] for one in rounds[1:]] for name in paths}


def _paths(folder: Path) -> dict[str, Places]:
    """What each may import, the function's own folder first, in Lambda's order."""
    built = _build(folder / "built")
    runtime, layer, own = (folder / name for name in ("runtime", "layer", "own"))
    for each in (runtime, layer, own):
        each.mkdir()
    link_packages(runtime, (*RUNTIME_CLIENT, *BOTO))
    copy_packages(layer, (*POWERTOOLS, *EXTRAS))
    copy_packages(own, NAIVE)
    core, peers = built / "CoreLayer" / "python", ROOT / "bench" / "peers"
    return {
        FLOOR: (peers / "floor", runtime),
        **{name: (built / resource, core, layer, runtime) for name, resource in OURS.items()},
        NAIVE_DIAGNOSE: (peers / "diagnose", own, layer, runtime),
        NAIVE_NOTIFY: (peers / "notify", own, layer, runtime),
    }


def _build(folder: Path) -> Path:
    command = [str(Path(sys.executable).parent / "sam"), "build", "--build-dir", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


def _seconds(name: str, path: Places) -> float:
    with _runtime_api() as (server, address):
        begun = time.perf_counter()
        process = start(
            ["-m", "awslambdaric", "app.lambda_handler"],
            path=path,
            stdout=subprocess.PIPE,
            AWS_LAMBDA_RUNTIME_API=address,
        )
        try:
            connection, _ = server.accept()
            with connection:
                asked = connection.recv(len(NEXT), MSG_WAITALL)
                seconds = time.perf_counter() - begun
        finally:
            process.kill()
            said, _ = process.communicate()
    if asked != NEXT:
        raise RuntimeError(f"{name} did not start: {said}")
    return seconds


@contextmanager
def _runtime_api() -> Iterator[tuple[socket, str]]:
    """Where Lambda would hand out events: here only the first request is waited for."""
    with create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        host, port = server.getsockname()
        yield server, f"{host}:{port}"


if __name__ == "__main__":
    main()
