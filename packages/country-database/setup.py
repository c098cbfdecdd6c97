"""The country database as a distribution of its own: ``pip install packages/country-database``."""

from pathlib import Path

from setuptools import setup

setup(
    name="stats-country-database",
    version="2026.6.17",
    description="Countries of IP addresses, in the public domain, for the package stats",
    long_description=Path(__file__).with_name("README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    license="PDDL-1.0",
    packages=["stats_country_database"],
    package_data={"stats_country_database": ["country.mmdb", "LICENSE.txt"]},
    python_requires=">=3.10",
)
