"""Pages of InvenioRDM: a record's history and map, a community's tab, a person's dashboard.

Numbers come by the elements of ``docs/widgets.md``, from the API of the same site, which
decides who may see them; the script is a file of ours, so RDM's content security policy
lets it in. Invariant: a page shows to nobody more than the API answers them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, g, render_template

from stats.ext import EXTENSION, StatsState
from stats.hosts.invenio.replacement.configuration import RDM
from stats.layouts.defaults import INVENIO_RDM

TEMPLATES = Path(__file__).parent / "templates"

SIDE_BAR = "APP_RDM_DETAIL_SIDE_BAR_TEMPLATES"
METRICS = "invenio_app_rdm/records/details/side_bar/metrics.html"
RECORD_PAGE = "stats/rdm/record.html"
HEADER = ("read", "update", "search_requests", "members_search_public", "moderate")
HEADER_PERMISSIONS = frozenset({*HEADER, "request_membership", "submit_record"})
"""What the header of a community's pages asks for (invenio-communities)."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "statistics": {
        "en": "Statistics",
        "de": "Statistik",
        "es": "Estadísticas",
        "fr": "Statistiques",
    },
    "own": {
        "en": "Usage of your records",
        "de": "Nutzung Ihrer Einträge",
        "es": "Uso de sus registros",
        "fr": "Utilisation de vos notices",
    },
}


def build_pages(app: Flask) -> Blueprint:
    """Return the pages, for the entry point ``invenio_base.blueprints``; none without RDM."""
    pages = Blueprint("stats_rdm", __name__, template_folder=str(TEMPLATES))
    pages.add_app_template_global(word, "stats_word")
    pages.add_app_template_global(language, "stats_language")
    state: StatsState = app.extensions[EXTENSION]
    pages.add_app_template_global(partial(state.layouts.find, INVENIO_RDM), "stats_layout")
    if find_spec(RDM) is not None and state.settings.invenio_pages:
        pages.add_url_rule("/communities/<pid_value>/statistics", "community", _community())
        pages.add_url_rule("/me/statistics", "person", _person())
        _add_to_side_bar(app)
    return pages


def register_menus(app: Flask) -> None:
    """Add the tabs, for ``invenio_base.finalize_app``; nothing where the pages are not."""
    if "stats_rdm.community" not in app.view_functions:
        return
    from flask_menu import current_menu  # noqa: PLC0415 - optional

    with app.app_context():
        current_menu.submenu("communities.statistics").register(
            endpoint="stats_rdm.community",
            text=LazyWord("statistics"),
            order=45,
            expected_args=["pid_value"],
            icon="chart bar",
            permissions="can_read",
        )
        current_menu.submenu("dashboard.statistics").register(
            endpoint="stats_rdm.person", text=LazyWord("statistics"), order=4
        )


def word(name: str) -> str:
    """Return a word of the pages in the language of the request."""
    return WORDS[name].get(language()) or WORDS[name]["en"]


def language() -> str:
    """Return the language that InvenioRDM shows the page in."""
    from invenio_i18n.proxies import current_i18n  # noqa: PLC0415 - optional

    return str(current_i18n.language)


class LazyWord:
    """A word that is looked up when it is shown."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __str__(self) -> str:
        return word(self._name)

    def __html__(self) -> str:
        """Return the text for a template; our words need no escaping."""
        return str(self)


def _community() -> Callable[..., Any]:
    from invenio_communities.views.communities import (  # noqa: PLC0415 - optional
        render_community_theme_template,
    )
    from invenio_communities.views.decorators import pass_community  # noqa: PLC0415
    from invenio_records_resources.services.errors import (  # noqa: PLC0415
        PermissionDeniedError,
    )

    def show(pid_value: str, community: Any, community_ui: Any) -> Any:
        """Show the statistics of a community."""
        permissions = community.has_permissions_to(HEADER_PERMISSIONS)
        if not permissions["can_read"]:
            raise PermissionDeniedError()
        return render_community_theme_template(
            "stats/rdm/community.html",
            theme=community_ui.get("theme", {}),
            community=community,
            community_ui=community_ui,
            permissions=permissions,
            ref=f"community:{community.id}",
            is_curated=permissions["can_moderate"] or permissions["can_update"],
        )

    view: Callable[..., Any] = pass_community(serialize=True)(show)
    return view


def _person() -> Callable[..., Any]:
    from flask_login import current_user, login_required  # noqa: PLC0415 - optional
    from invenio_users_resources.proxies import current_user_resources  # noqa: PLC0415

    def show() -> Any:
        """Show how one's own records are used."""
        links = current_user_resources.users_service.links_item_tpl
        return render_template(
            "stats/rdm/person.html",
            user_avatar=links.expand(g.identity, current_user)["avatar"],
            ref=f"user:{current_user.get_id()}",
        )

    view: Callable[..., Any] = login_required(show)
    return view


def _add_to_side_bar(app: Flask) -> None:
    """Put history and map behind the box of numbers, where the side bar has it."""
    parts = list(app.config.get(SIDE_BAR) or ())
    if METRICS in parts and RECORD_PAGE not in parts:
        parts.insert(parts.index(METRICS) + 1, RECORD_PAGE)
        app.config[SIDE_BAR] = parts
