"""The processes of a fault suite, by name. Each is forked from one that has imported everything."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import Any

Config = dict[str, Any]

PRELOADED = ["tests.faults.people", "stats.ext", "stats.retention.run", "stats.service"]


class Crowd:
    """The processes of one suite, by name; one that is missing is started again."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._context = ForkServerContext()
        self._context.set_forkserver_preload(PRELOADED)
        self._running: dict[str, BaseProcess] = {}
        self._how: dict[str, tuple[Callable[..., None], tuple[Any, ...]]] = {}

    def start(self, name: str, job: Callable[..., None], *arguments: Any) -> BaseProcess:
        """Start a process under a name."""
        self._how[name] = (job, arguments)
        found = self._context.Process(target=job, args=(self.config, *arguments), daemon=True)
        found.start()
        self._running[name] = found
        return found

    def kill(self, name: str) -> bool:
        """Kill a process and start it again; False when it had ended by itself."""
        one = self._running[name]
        if one.exitcode is not None:
            return False
        one.kill()
        one.join()
        job, arguments = self._how[name]
        self.start(name, job, *arguments)
        return True

    def end(self, name: str) -> None:
        """Kill a process, and start none in its place."""
        one = self._running.pop(name)
        one.kill()
        one.join()

    def wait(self, name: str, seconds: float) -> int | None:
        """Wait for a process to end; return its exit code, None while it runs."""
        self._running[name].join(seconds)
        return self._running[name].exitcode

    def pid(self, name: str) -> int:
        pid = self._running[name].pid
        assert pid is not None
        return pid

    def failed(self) -> list[str]:
        """Return the processes that ended with an error of their own."""
        return [name for name, one in self._running.items() if one.exitcode not in (None, 0)]

    def is_done(self, name: str) -> bool:
        return self._running[name].exitcode == 0

    def stop(self) -> None:
        """End all of them."""
        for one in self._running.values():
            one.kill()
            one.join()
