"""`python -m bench.profiled OUT`: the stack's worker with a profile of each of its threads.

`bench.profiled:app` is the web application with one; it needs PROFILE_OUT. Both write what they
found to files that begin with OUT: the worker when it ends, the web after each request.
"""

import cProfile
import os
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from flashsms import create_app, queue, worker


class _Threads:
    """A profile of every thread, each in a file of its own."""

    def __init__(self, out: str) -> None:
        self._out = out
        self._profiles: dict[str, cProfile.Profile] = {}

    def start(self) -> None:
        """Profile this thread and all that start later."""
        run = threading.Thread.run

        def profiled(thread: threading.Thread) -> None:
            self.profile(thread.name).runcall(run, thread)

        threading.Thread.run = profiled  # type: ignore[assignment,method-assign]

    def profile(self, name: str) -> cProfile.Profile:
        """Return the profile of a thread."""
        return self._profiles.setdefault(name, cProfile.Profile())

    def write(self) -> None:
        """Write them all."""
        for name, profile in self._profiles.items():
            profile.dump_stats(f"{self._out}-{name}.prof")


class _Profiled:
    """A WSGI application whose requests are profiled in the thread that serves them."""

    def __init__(self, app: Flask, out: str) -> None:
        self._app = app
        self._out = out
        self._local = threading.local()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if not hasattr(self._local, "profile"):
            self._local.profile = cProfile.Profile()
        answer: Iterable[bytes] = self._local.profile.runcall(
            self._app.wsgi_app, environ, start_response
        )
        name = f"{self._out}-{threading.get_ident()}.prof"
        self._local.profile.dump_stats(name)
        return answer


def _work(out: str) -> None:
    threads = _Threads(out)
    threads.start()
    try:
        threads.profile("main").runcall(worker.work, create_app(), queue.QUEUES)
    finally:
        threads.write()


if __name__ == "__main__":
    _work(sys.argv[1])
elif "PROFILE_OUT" in os.environ:
    app = _Profiled(create_app(), os.environ["PROFILE_OUT"])
