"""Countries of IP addresses: the file, and its licence beside it."""

from pathlib import Path

DATABASE = Path(__file__).with_name("country.mmdb")
