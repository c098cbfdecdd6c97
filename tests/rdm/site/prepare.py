"""Make the site: database, indices, queues, vocabularies, users; print an access token of each.

Run once, in the environment of InvenioRDM. The last line is JSON: token by user.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone

from invenio_access.models import ActionRoles
from invenio_access.permissions import superuser_access, system_identity
from invenio_accounts.proxies import current_datastore
from invenio_app.factory import create_api
from invenio_db import db
from invenio_files_rest.models import Location
from invenio_oauth2server.models import Token
from invenio_queues.proxies import current_queues
from invenio_search import current_search, current_search_client
from invenio_vocabularies.proxies import current_service as vocabularies

VOCABULARIES = {
    "resourcetypes": "rsrct",
    "languages": "lng",
    "licenses": "lic",
    "titletypes": "ttyp",
    "descriptiontypes": "dty",
    "creatorsroles": "crr",
    "contributorsroles": "cor",
    "datetypes": "dat",
    "relationtypes": "rlt",
    "removalreasons": "rem",
    "communitytypes": "comtyp",
}
DATASET = {
    "id": "dataset",
    "icon": "table",
    "type": "resourcetypes",
    "title": {"en": "Dataset"},
    "tags": ["depositable", "linkable"],
    "props": {
        "csl": "dataset",
        "datacite_general": "Dataset",
        "datacite_type": "",
        "eurepo": "info:eu-repo/semantics/other",
        "openaire_resourceType": "21",
        "openaire_type": "dataset",
        "schema.org": "https://schema.org/Dataset",
        "subtype": "",
        "type": "dataset",
        "marc21_type": "dataset",
        "marc21_subtype": "",
    },
}
REMOVED = {"id": "retracted", "title": {"en": "Retracted"}, "type": "removalreasons"}
ROLES = {"admin": ["admin", "stats-admin"], "owner": [], "reader": []}


def make_indices() -> None:
    for put in (
        current_search.put_component_templates,
        current_search.put_index_templates,
        current_search.put_templates,
    ):
        list(put(ignore=[400]))
    list(current_search.create(ignore=[400], ignore_existing=True))


def make_users() -> dict[str, str]:
    administrators = current_datastore.create_role(name="admin", id="admin")
    current_datastore.create_role(name="stats-admin", id="stats-admin")
    db.session.add(ActionRoles.allow(superuser_access, role=administrators))
    tokens = {}
    for name, roles in ROLES.items():
        user = current_datastore.create_user(
            email=f"{name}@example.org",
            password="a password",
            active=True,
            confirmed_at=datetime.now(timezone.utc).replace(tzinfo=None),
        )
        for role in roles:
            current_datastore.add_role_to_user(user, current_datastore.find_role(role))
        db.session.commit()
        token = Token.create_personal("tests", user.id, scopes=["user:email"], is_internal=False)
        db.session.commit()
        tokens[name] = token.access_token
    return tokens


def make_vocabularies() -> None:
    for name, short in VOCABULARIES.items():
        vocabularies.create_type(system_identity, name, short)
    for term in (DATASET, REMOVED):
        vocabularies.create(system_identity, term)
    current_search_client.indices.refresh(index="rdm-*")


def main() -> None:
    app = create_api()
    with app.app_context():
        db.metadata.create_all(bind=db.engine)
        make_indices()
        current_queues.declare()
        db.session.add(Location(name="default", uri=f"{app.instance_path}/data", default=True))
        db.session.commit()
        tokens = make_users()
        make_vocabularies()
        app.extensions["stats"].init()
    print(json.dumps(tokens))


if __name__ == "__main__":
    main()
