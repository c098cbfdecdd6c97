"""Run tests of InvenioRDM's own, from a checkout of its code, on this package.

    .rdm/14/bin/python -m tests.rdm.own_tests CHECKOUT TEST... [pytest's options]

The services are those of the other tests of this folder. With ``--stock`` first, the
instance keeps invenio-stats, for comparison.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.rdm.services import HOST, Services, missing

STOCK = {"INVENIO_STATS_REPLACE_INVENIO_STATS": "False"}


def main(arguments: list[str]) -> int:
    stock = arguments[:1] == ["--stock"]
    checkout, *rest = arguments[stock:]
    lacking = missing()
    if lacking:
        print(lacking)
        return 1
    folder = Path(tempfile.mkdtemp(prefix="rdm-own-"))
    folder.chmod(0o755)  # PostgreSQL runs as a user of its own
    shutil.copytree(Path(checkout) / "tests", folder / "own" / "tests")  # without its code
    services = Services(folder)
    try:
        services.start()
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-o", "addopts=", "-rA", *rest],
            cwd=folder / "own",
            env={**_environment(services), **(STOCK if stock else {})},
            check=False,
        )
    finally:
        services.stop()
    return done.returncode


def _environment(services: Services) -> dict[str, str]:
    ports = services.ports
    broker = f"amqp://guest:guest@{HOST}:{ports['amqp']}//"
    redis = f"redis://{HOST}:{ports['redis']}"
    settings = {
        "ACCOUNTS_SESSION_REDIS_URL": f"{redis}/1",
        "BROKER_URL": broker,
        "CACHE_REDIS_URL": f"{redis}/0",
        "CELERY_BROKER_URL": broker,
        "COMMUNITIES_IDENTITIES_CACHE_REDIS_URL": f"{redis}/4",
        "IIIF_CACHE_REDIS_URL": f"{redis}/0",
        "QUEUES_BROKER_URL": broker,
        "RATELIMIT_STORAGE_URI": f"{redis}/3",
        "SEARCH_HOSTS": repr([{"host": HOST, "port": ports["search"]}]),
        "SQLALCHEMY_DATABASE_URI": f"postgresql+psycopg2://postgres@{HOST}:{ports['postgres']}/rdm",
    }
    return {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "STATS_MONGO_URL": services.mongo,
        **settings,  # as the fixtures of pytest-invenio read them, and as Invenio does
        **{f"INVENIO_{name}": value for name, value in settings.items()},
    }


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
