"""One InvenioRDM for all tests of the folder; without it they are left out, with the reason."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.rdm.services import Services, free_port, missing

SITE = Path(__file__).parent / "site"

if find_spec("invenio_app_rdm") is None:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The services that InvenioRDM needs."""
    lacking = missing()
    if lacking:
        pytest.skip(lacking)
    folder = tmp_path_factory.mktemp("rdm")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)  # PostgreSQL runs as a user of its own
    found = Services(folder)
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="session")
def tokens(services: Services) -> dict[str, str]:
    """The prepared site: an access token by user."""
    return prepare(services)


def prepare(services: Services) -> dict[str, str]:
    """Make the site; return an access token by user."""
    instance = services.folder / "instance"
    shutil.copytree(SITE, instance)
    for name in ("data", "static"):
        (instance / name).mkdir()
    os.environ["INVENIO_INSTANCE_PATH"] = str(instance)
    os.environ["PYTHONPATH"] = str(instance)
    os.environ["PYTHONWARNINGS"] = "ignore"
    services.ports["web"] = free_port()
    os.environ["RDM_WEB"] = str(services.ports["web"])
    done = subprocess.run(
        [sys.executable, str(instance / "prepare.py")],
        env=services.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found
