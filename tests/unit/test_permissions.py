"""The policy, with descriptions written by hand: who sees what, and how it is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pytest

from stats.errors import AccessError, ConfigError
from stats.events.types import DIMENSIONS
from stats.kinds.declared import build_kinds
from stats.kinds.types import Kind
from stats.permissions import ANONYMOUS, COMMAND_LINE, Grant, Identity, Policy
from stats.permissions.policy import dimensions_in, refs_in
from stats.queries.types import Query

ADMIN = COMMAND_LINE
BY_NAME = {dimension.name: dimension for dimension in DIMENSIONS}
READER = Identity(user_id="reader")
OWNER = Identity(user_id="owner")
CURATOR = Identity(roles=frozenset({"curator"}), communities=frozenset({"community:c"}))
AUDITOR = Identity(roles=frozenset({"auditor"}))
REPORTER = Identity(roles=frozenset({"reporter"}))
WRITER = Identity(roles=frozenset({"writer"}))
EMBEDDED = Identity(source="embed", grant=Grant("record:closed", "https://a.example"))
EVERYBODY = [ANONYMOUS, READER, OWNER, CURATOR, AUDITOR, REPORTER, WRITER, ADMIN, EMBEDDED]

DESCRIPTIONS: dict[str, dict[str, Any]] = {
    "record:open": {"access": "open"},
    "record:closed": {
        "access": "restricted",
        "owner_id": "owner",
        "parents": ["concept:closed", "community:c"],
    },
    "record:mixed-1": {"access": "closed", "parents": ["concept:mixed"]},
    "record:mixed-2": {"access": "open", "parents": ["concept:mixed"]},
    "file:of-closed": {"parents": ["record:closed", "concept:closed", "community:c"]},
    "file:freed": {"access": "open", "parents": ["record:closed", "concept:closed"]},
    "file:in-community": {"parents": ["community:private"]},
    "concept:project": {"title": "of a restricted record in a project"},
    "record:in-project": {"access": "restricted", "parents": ["concept:project", "project:p9"]},
    "file:in-project": {"access": "open", "parents": ["record:in-project", "concept:project"]},
    "folder:x": {"parents": ["record:closed", "concept:closed"]},
    "file:deep": {"parents": ["folder:x"]},
    "file:of-two": {"parents": ["record:open", "record:closed"]},
    "file:of-two-open": {"parents": ["record:open", "record:unheard-of"]},
    "institute:i": {"access": "restricted", "owner_id": "owner"},
    "record:in-institute": {"parents": ["institute:i"]},
    "folder:a": {"parents": ["folder:b", "record:closed"]},
    "folder:b": {"parents": ["folder:a"]},
    "community:c": {"title": "C"},
    "community:private": {"access": "restricted"},
}


class Described:
    """Descriptions without a database; counts how often it is asked."""

    def __init__(self, descriptions: Mapping[str, dict[str, Any]] = DESCRIPTIONS) -> None:
        self.descriptions = descriptions
        self.look_ups = 0

    def read(self, refs: Sequence[str]) -> dict[str, dict[str, Any]]:
        self.look_ups += 1
        return {ref: self.descriptions[ref] for ref in refs if ref in self.descriptions}

    def read_parts(self, refs: Sequence[str]) -> list[dict[str, Any]]:
        self.look_ups += 1
        return [
            {"_id": ref, **description}
            for ref, description in self.descriptions.items()
            if description.get("access") and set(refs) & set(description.get("parents", ()))
        ]


def policy(**given: Any) -> Policy:
    usual = {"resources": Described(), "kinds": build_kinds(), "dimensions": BY_NAME}
    return Policy(**{**usual, **given})


def allows(identity: Identity, act: Callable[[Identity], object]) -> int:
    """Return 200, or the status that the refusal is answered with."""
    try:
        act(identity)
    except AccessError as error:
        return 403 if error.signed_in else 401
    return 200


def who(act: Callable[[Identity], object]) -> list[Identity]:
    return [identity for identity in EVERYBODY if allows(identity, act) == 200]


@pytest.mark.parametrize(
    "ref", ["record:open", "record:unheard-of", "site:all", "file:freed", "concept:mixed"]
)
def test_open_is_seen_by_everybody(ref: str) -> None:
    assert [i for i in EVERYBODY if ref in policy().visible(i, [ref])] == EVERYBODY


@pytest.mark.parametrize("ref", ["record:closed", "file:of-closed", "concept:closed"])
def test_restricted_is_seen_by_its_owner_its_curator_and_admin(ref: str) -> None:
    seen = [i for i in EVERYBODY if ref in policy().visible(i, [ref])]
    bound = [EMBEDDED] if ref == "record:closed" else []
    assert seen == [OWNER, CURATOR, ADMIN, *bound]


@pytest.mark.parametrize(
    "ref",
    [
        "concept:project",
        "file:deep",
        "folder:x",
        "file:of-two",
        "record:in-institute",
        "folder:a",
        "folder:b",
    ],
)
def test_a_restriction_is_inherited_all_the_way_and_the_strictest_decides(ref: str) -> None:
    assert policy().visible(ANONYMOUS, [ref]) == set()
    assert policy().visible(READER, [ref, "file:of-two-open"]) == {"file:of-two-open"}


@pytest.mark.parametrize("ref", ["file:deep", "file:of-two", "record:in-institute", "folder:b"])
def test_who_may_see_all_that_decides_sees_what_is_in_it(ref: str) -> None:
    assert policy().visible(OWNER, [ref]) == {ref}


def test_what_is_too_deep_is_not_seen() -> None:
    deep = {f"folder:{n}": {"parents": [f"folder:{n + 1}"]} for n in range(100)}
    asked = policy(resources=Described(deep))
    assert asked.visible(ANONYMOUS, ["folder:99", "folder:1"]) == {"folder:99"}


def test_a_declared_kind_says_that_it_passes_nothing_on() -> None:
    kinds = build_kinds([Kind("institute", passes_access=False)])
    assert policy(kinds=kinds).visible(ANONYMOUS, ["record:in-institute"]) == {
        "record:in-institute"
    }


def test_what_is_in_a_container_says_its_own_access() -> None:
    assert policy().visible(ANONYMOUS, ["file:in-community", "community:private"]) == {
        "file:in-community"
    }


def test_the_statistics_of_a_user_are_his() -> None:
    assert who(lambda i: policy().check_resources(i, ["user:reader"])) == [READER, ADMIN]


def test_a_batch_is_one_look_up_a_level_and_one_for_versions() -> None:
    asked = policy()
    asked.visible(ANONYMOUS, [*DESCRIPTIONS, *(f"concept:{n}" for n in range(900))])
    assert isinstance(asked.resources, Described)
    assert asked.resources.look_ups == 3


def test_admin_and_the_site_ask_nothing() -> None:
    asked = policy()
    asked.visible(ADMIN, ["record:closed"])
    asked.visible(ANONYMOUS, ["site:all", "user:x"])
    assert isinstance(asked.resources, Described)
    assert asked.resources.look_ups == 0


def test_the_host_decides_about_resources_in_one_batch() -> None:
    calls: list[tuple[list[str], Identity]] = []

    def host(refs: Sequence[str], identity: Identity) -> Iterable[str]:
        calls.append((list(refs), identity))
        return ["record:closed", "record:never-asked-for"]

    refs = ["record:open", "record:closed", "site:all", "user:reader", "user:other"]
    assert policy(host_visibility=host).visible(READER, refs) == {
        "record:closed",
        "site:all",
        "user:reader",
    }
    assert calls == [(["record:closed", "record:open"], READER)]
    assert policy(host_visibility=lambda refs, identity: []).visible(
        CURATOR, ["record:closed", "record:open"]
    ) == {"record:closed"}


def test_the_host_is_asked_in_batches_of_a_thousand() -> None:
    sizes = []

    def host(refs: Sequence[str], identity: Identity) -> Sequence[str]:
        sizes.append(len(refs))
        return refs

    refs = {f"record:{number}" for number in range(2_500)}
    assert policy(host_visibility=host).visible(READER, refs) == refs
    assert sizes == [1_000, 1_000, 500]


def test_refusals_tell_nobody_from_somebody() -> None:
    act = lambda i: policy().check_resources(i, ["record:closed", "record:open"])  # noqa: E731
    assert [allows(i, act) for i in (ANONYMOUS, READER, EMBEDDED)] == [401, 403, 403]
    with pytest.raises(AccessError, match="record:closed"):
        act(READER)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("publish", [WRITER, ADMIN]),
        ("describe", [WRITER, ADMIN]),
        ("changed", [REPORTER, WRITER, ADMIN]),
        ("counter", [REPORTER, ADMIN]),
        ("dashboard", [CURATOR, REPORTER, ADMIN]),
    ],
)
def test_actions_by_role(action: Any, expected: list[Identity]) -> None:
    assert who(lambda i: policy().check(i, action)) == expected


def ask(identity: Identity, given: Policy | None = None, **params: Any) -> None:
    (given or policy()).check_query(
        identity, "some-query", scope="rows", given=params, params=params
    )


def test_queries_are_as_open_as_every_resource_they_name() -> None:
    assert who(lambda i: ask(i, resource="record:open", within=None)) == EVERYBODY[:-1]
    assert who(lambda i: ask(i, within="record:closed")) == [OWNER, CURATOR, ADMIN, EMBEDDED]
    assert who(lambda i: ask(i, resource="record:open", other="record:closed")) == [
        OWNER,
        CURATOR,
        ADMIN,
    ]
    assert refs_in({"a": "record:1", "b": ["file:2", 3], "c": "open", "d": None}) == {
        "record:1",
        "file:2",
    }


@pytest.mark.parametrize("breakdown", ["user", "via+user"])
def test_people_are_for_curators_of_the_community_auditors_and_admin(breakdown: str) -> None:
    def by(ref: str) -> list[Identity]:
        return who(lambda i: ask(i, resource=ref, breakdown=breakdown))

    assert by("community:c") == [CURATOR, AUDITOR, ADMIN]
    assert by("community:other") == [AUDITOR, ADMIN]
    assert by("site:all") == [AUDITOR, ADMIN]
    assert by("record:open") == [AUDITOR, ADMIN]
    assert by("record:closed") == [CURATOR, ADMIN]
    assert by("user:reader") == [ADMIN]
    assert who(lambda i: ask(i, breakdown=breakdown)) == [AUDITOR, ADMIN]


def test_people_are_people_whatever_the_parameter_is_called() -> None:
    assert dimensions_in({"by": "access+user"}, BY_NAME)
    others = {"kind": "user", "resource": "user:u", "breakdown": "username", "n": 1}
    assert not dimensions_in(others, BY_NAME)


class Answers:
    """A permission in Invenio's form."""

    def __init__(self, yes: bool) -> None:
        self.yes = yes

    def can(self) -> bool:
        return self.yes


def test_the_permission_factory_of_the_host_decides_where_it_wants_to() -> None:
    calls = []

    def factory(name: str, params: dict[str, Any]) -> Answers | None:
        calls.append((name, params))
        return {"record:closed": Answers(True), "record:open": Answers(False)}.get(
            params["resource"]
        )

    decided = policy(factory=factory)
    assert allows(ANONYMOUS, lambda i: ask(i, decided, resource="record:closed")) == 200
    assert allows(ANONYMOUS, lambda i: ask(i, decided, resource="record:open")) == 401
    assert allows(ADMIN, lambda i: ask(i, decided, resource="record:open")) == 403
    assert allows(ANONYMOUS, lambda i: ask(i, decided, resource="file:of-closed")) == 401
    assert calls[0] == ("some-query", {"resource": "record:closed"})


def test_the_permission_factory_may_answer_yes_or_no() -> None:
    answers = {"record:closed": True, "record:open": False}
    decided = policy(factory=lambda name, params: answers.get(params["resource"]))
    assert allows(ANONYMOUS, lambda i: ask(i, decided, resource="record:closed")) == 200
    assert allows(ADMIN, lambda i: ask(i, decided, resource="record:open")) == 403
    assert allows(ANONYMOUS, lambda i: ask(i, decided, resource="file:of-closed")) == 401


def test_the_list_of_queries_leaves_out_what_the_host_refuses() -> None:
    listing = policy(factory=lambda name, params: Answers(name == "good") if name else None)
    assert [name for name in ("good", "bad") if listing.may_list(READER, name)] == ["good"]
    assert policy().may_list(ANONYMOUS, "any")
    narrow = Identity(source="embed", grant=Grant("record:r", "https://a.example", ("one",)))
    assert [name for name in ("one", "two") if policy().may_list(narrow, name)] == ["one"]


@pytest.mark.parametrize(
    ("scope", "params", "expected"),
    [
        ("named", {"kind": "space"}, [ADMIN]),
        ("named", {"resource": "record:open"}, EVERYBODY[:-1]),
        ("named", {"resource": "record:closed"}, [OWNER, CURATOR, ADMIN, EMBEDDED]),
        ("rows", {"kind": "space"}, EVERYBODY[:-1]),
        ("visible", {"kind": "space"}, EVERYBODY[:-1]),
        ("reports", {}, [REPORTER, ADMIN]),
        ("reports", {"resource": "record:closed"}, [ADMIN]),
    ],
)
def test_a_query_sums_over_no_more_than_its_scope(
    scope: Any, params: dict[str, Any], expected: list[Identity]
) -> None:
    def run(identity: Identity) -> None:
        policy().check_query(identity, "q", scope=scope, given=params, params=params)

    assert who(run) == expected


def test_a_query_without_a_scope_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="scope"):
        Query("q", "Q", "total", (), (), (), lambda query, params, sources: {})  # type: ignore[call-arg]


def test_an_embed_token_reads_its_resource_and_nothing_else() -> None:
    narrow = Identity(source="embed", grant=Grant("record:closed", "https://a.example", ("q",)))
    check = policy().check_query

    def asks(name: str, **params: Any) -> int:
        return allows(narrow, lambda i: check(i, name, scope="rows", given=params, params=params))

    assert asks("q", resource="record:closed") == 200
    assert asks("other", resource="record:closed") == 403
    assert asks("q", resource="record:open") == 403
    assert asks("q", resource="record:closed", within="record:open") == 403
    assert asks("q") == 403
    assert asks("q", resource="record:closed", breakdown="user") == 403
    assert policy().readable(narrow, ["record:closed", "record:open", "site:all"]) == {
        "record:closed"
    }
    assert policy().visible(narrow, ["record:closed", "record:open", "user:x"]) == {
        "record:closed",
        "record:open",
    }


def test_the_host_cannot_widen_an_embed_token() -> None:
    wide = policy(factory=lambda name, params: Answers(True), host_visibility=lambda r, i: r)
    assert allows(EMBEDDED, lambda i: ask(i, wide, resource="record:open")) == 403


def test_plain_reports() -> None:
    reports = policy()
    assert who(lambda i: reports.report_filter(i, by_user=False)) == [CURATOR, REPORTER, ADMIN]
    assert reports.report_filter(REPORTER, by_user=False) is None
    own = reports.report_filter(CURATOR, by_user=False)
    assert own is not None
    assert own([*DESCRIPTIONS, "site:all"]) == {"record:closed", "file:of-closed", "community:c"}


def test_reports_by_user_are_for_auditors_as_far_as_they_see() -> None:
    reports = policy()
    assert who(lambda i: reports.report_filter(i, by_user=True)) == [AUDITOR, ADMIN]
    assert reports.report_filter(ADMIN, by_user=True) is None
    seen = reports.report_filter(AUDITOR, by_user=True)
    assert seen is not None
    assert seen(["record:open", "record:closed"]) == {"record:open"}


def test_reports_may_be_public_as_far_as_everybody_sees() -> None:
    public = policy(public_reports=True)
    assert who(lambda i: public.check(i, "dashboard")) == EVERYBODY[:-1]
    assert allows(ANONYMOUS, lambda i: public.check(i, "counter")) == 401
    assert allows(ANONYMOUS, lambda i: public.report_filter(i, by_user=True)) == 401
    seen = public.report_filter(ANONYMOUS, by_user=False)
    assert seen is not None
    assert seen(["record:open", "record:closed"]) == {"record:open"}


def test_the_audit_log() -> None:
    log = policy()
    assert who(lambda i: log.audit_scope(i, None)) == [READER, OWNER, AUDITOR, ADMIN]
    assert who(lambda i: log.audit_scope(i, "reader")) == [READER, AUDITOR, ADMIN]
    assert log.audit_scope(READER, None).user == "reader"
    assert log.audit_scope(ADMIN, None).visible is None
    scope = log.audit_scope(AUDITOR, "reader")
    assert scope.user == "reader"
    assert scope.visible is not None
    assert scope.visible(["record:open", "record:closed"]) == {"record:open"}


def test_an_identity_is_checked_when_it_is_made() -> None:
    loose: Any = Identity(user_id="u", roles=["curator"], communities=["space:s"])  # type: ignore[arg-type]
    assert loose == Identity("u", frozenset({"curator"}), frozenset({"space:s"}))
    with pytest.raises(ConfigError, match="boss"):
        Identity(roles=frozenset({"boss"}))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="zenodo"):
        Identity(communities=frozenset({"zenodo"}))
