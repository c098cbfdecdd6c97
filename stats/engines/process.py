"""The process of one engine: ``python -m stats.engines.process FOLDER``.

In: ``FOLDER/launch.json``, a :class:`~stats.engines.folder.Launch`. Out: a
server that listens on its port; the ``pid`` file says ``ready`` from then on. Output
goes to stdout, which is the engine's log; when it cannot start, the last line says why.

It ends cleanly on SIGTERM, when the parent it was told to end with has ended, and when
its folder is deleted.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO

from stats.engines.amqp import serve_amqp
from stats.engines.elasticsearch import serve_elasticsearch
from stats.engines.folder import Folder, Launch, hold_pid
from stats.engines.mongo import serve_mongo
from stats.engines.opensearch import serve_opensearch

SERVERS: dict[str, Callable[[Path, Launch], Callable[[], None]]] = {
    "elasticsearch": serve_elasticsearch,
    "amqp": serve_amqp,
    "mongo": serve_mongo,
    "opensearch": serve_opensearch,
}
"""By the distribution of a launch: what serves it."""
CLOSE_SECONDS = 15.0
WATCH = 0.5


def main(home: Path) -> int:
    """Serve until told to end; return the exit code."""
    launch = Folder(home.parent).launch(home.name)
    if launch is None:
        print(f"there is no launch.json in {home}", flush=True)
        return 2
    try:
        pid_file = hold_pid(home)
    except BlockingIOError:
        print(f"another {launch.name} already runs in {home}", flush=True)
        return 1
    if launch.parent is not None:
        threading.Thread(target=_end_with, args=(launch.parent,), daemon=True).start()
    try:
        close = SERVERS[launch.distribution](home, launch)
    except Exception as error:
        traceback.print_exc(file=sys.stdout)
        print(f"{launch.name} cannot start: {_reason(error)}", flush=True)
        return 1
    _serve(pid_file)
    _close(close)
    return 0


def _serve(pid_file: IO[str]) -> None:
    """Say that the server is ready, and return when it should end."""
    ended = threading.Event()
    # Only now: the JVM would have replaced the handlers.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    pid_file.write("ready\n")
    pid_file.flush()
    while not ended.wait(WATCH):
        if os.fstat(pid_file.fileno()).st_nlink == 0:
            return  # the folder was deleted, and nobody could find this process any more


def _end_with(parent: int) -> None:
    """Ask this process to end when it is no longer a child of ``parent``."""
    while os.getppid() == parent:
        time.sleep(WATCH)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(CLOSE_SECONDS + 5)
    os._exit(1)


def _close(close: Callable[[], None]) -> None:
    """Close the server; what hangs must not keep the process."""
    closing = threading.Thread(target=close, daemon=True)
    closing.start()
    closing.join(CLOSE_SECONDS)


def _reason(error: BaseException) -> str:
    """Return the innermost cause that says something, on one line."""
    words = str(error)
    cause = getattr(error, "getCause", lambda: None)()
    while cause is not None:
        words, cause = str(cause), cause.getCause()
    return " ".join(words.split())[:300]


if __name__ == "__main__":
    code = main(Path(sys.argv[1]))
    sys.stdout.flush()
    os._exit(code)  # threads of the JVM must not keep a stopped engine
