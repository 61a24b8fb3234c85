"""Several invocations at once, each stopped at every AWS call; a seeded draw says who goes on."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Turns:
    """Only one thread runs at a time: each waits at `pause` until it is drawn."""

    chance: random.Random
    waiting: dict[int, threading.Event] = field(default_factory=dict)
    stopped: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def pause(self) -> None:
        """Called by a running thread, before each of its calls."""
        turn = self.waiting.get(threading.get_ident())
        if turn is None:
            return  # not one of ours
        turn.clear()
        self.stopped.release()
        turn.wait()

    def run(self, jobs: list[Callable[[], object]]) -> None:
        """Until all are done."""
        threads = [threading.Thread(target=self._start, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
            self.stopped.acquire()
        while self.waiting:
            self.waiting[self.chance.choice(sorted(self.waiting))].set()
            self.stopped.acquire()
        for thread in threads:
            thread.join()

    def _start(self, job: Callable[[], object]) -> None:
        me = threading.get_ident()
        self.waiting[me] = threading.Event()
        self.pause()
        try:
            job()
        finally:
            del self.waiting[me]
            self.stopped.release()
