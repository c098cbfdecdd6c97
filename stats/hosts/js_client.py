"""``GET /widgets/stats-client.js``: the JavaScript client, for pages."""

from __future__ import annotations

from pathlib import Path

from flask import Response, send_from_directory

from stats.views.blueprints import api_blueprint
from stats.views.cors import readable_elsewhere

STATIC = Path(__file__).parent / "static"
AGE = 600

blueprint = readable_elsewhere(api_blueprint("stats_script", __name__))


@blueprint.get("/widgets/stats-client.js")
def client() -> Response:
    """Return the module ``stats-client.js``."""
    return send_from_directory(STATIC, "stats-client.js", max_age=AGE)
