"""The Flask extension: one installation's settings, definitions and jobs in one place.

``Stats(app)`` or ``Stats().init_app(app)``; from then on ``current_stats`` is
the application's :class:`StatsState`. Invariant: a wrong setting fails
here, at start-up; an engine that is down does not.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import cached_property, partial
from threading import Thread
from time import monotonic, sleep

from flask import Flask

from stats.aggregations.find_days import run_mark_window
from stats.aggregations.job import AggregationJob
from stats.aggregations.runner import AggregationResult, run_aggregation
from stats.aggregations.totals import build_empty_totals
from stats.config import Settings
from stats.definitions import build_definitions
from stats.errors import StatsError, UnknownError
from stats.events.accessories import FieldWarning
from stats.events.enrichment import Enrichment
from stats.events.parse import parse_event
from stats.events.process import Processed, Processing, never, run_process
from stats.events.publish import Batch, parse_batch, run_publish
from stats.events.types import Event
from stats.limits import Limits, Rates
from stats.metrics import ACCEPTED, REFUSED
from stats.permissions import COMMAND_LINE, Identity, Policy
from stats.permissions.rankings import run_for
from stats.permissions.tokens import make_secret
from stats.queries.annotated import put_annotations
from stats.queries.catalogue import resolve_params, run_query, with_rows
from stats.queries.deleted import DELETED, HIDE, without_deleted
from stats.queries.merged import follow, follow_params, list_merged_of
from stats.queries.types import Answer, Params, Query, Sources
from stats.queries.unknown_kind import refuse_unknown_kind
from stats.queries.windows import count_points
from stats.reports.registry import Reporter
from stats.reports.scheduled import parse_scheduled
from stats.reports.tables import Table, build_table
from stats.retention.job import RetentionJob
from stats.setting_sources import load_settings
from stats.signals import send_changed
from stats.stores.bounded_search import BoundedSearch, Patience
from stats.stores.counters import FLUSH_EVERY
from stats.stores.mongo import Document
from stats.times import parse_day, utc_now
from stats.wiring import (
    build_aggregation_job,
    build_enrichment,
    build_limits,
    build_pages,
    build_policy,
    build_processing,
    build_rates,
    build_reporter,
    build_retention_job,
    build_stores,
    check_settings,
)

_log = logging.getLogger(__name__)

EXTENSION = "stats"
MAPPINGS_SECONDS = 300.0
"""For so long the mappings of all indices are known to be right."""

EMITTER = "stats-emitter"
"""The extension of a host that publishes (``stats.hosts.emit``), when it has."""


def _quiet(day: date, documents: int) -> None:
    """Report nothing."""


def _no_check(events: Sequence[Event]) -> None:
    """Refuse nothing."""


def _silent(line: str) -> None:
    """Report nothing."""


def _log_warning(warning: FieldWarning) -> None:
    """Tell the host's log what could not be kept of an event."""
    _log.warning("an event was taken without part of it: %s", warning.message)


class StatsState:
    """The statistics of one application."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._flush_at = self._mappings_until = 0.0
        self.definitions = definitions = build_definitions(settings)
        self.kinds = definitions.kinds
        self.event_types = definitions.event_types
        self.aggregations = definitions.aggregations
        self.queries = definitions.queries
        self.scheduled_reports = parse_scheduled(settings.scheduled_reports, kinds=self.kinds)
        self.layouts = build_pages(settings, definitions)
        self.stores = build_stores(settings, definitions)
        check_settings(settings)

    def init(self) -> None:
        """Make index templates, queues and indexes; a second time is no error."""
        self.stores.ensure()

    def ping(self) -> None:
        """Raise ``StoreUnavailable`` unless all three engines answer."""
        self.stores.ping()

    def publish(self, events: Iterable[object]) -> int:
        """Put events into the queue; return how many when the broker has them.

        Raises ``InputError`` when one of them is none, and then publishes nothing;
        ``StoreUnavailable`` within ``STATS_CONNECT_TIMEOUT`` when the broker is down.
        """
        parse = partial(parse_event, types=self.event_types, now=utc_now(), warn=_log_warning)
        parsed = [parse(event) for event in events]
        run_publish(parsed, queues=self.stores.queues)
        self._record(parsed)
        return len(parsed)

    def receive(
        self,
        events: Iterable[object],
        *,
        before_publishing: Callable[[Sequence[Event]], None] = _no_check,
    ) -> Batch:
        """Publish the events among ``events``; the answer says what the others lack.

        ``before_publishing`` gets those that will be published, and may raise to refuse them.
        """
        batch = parse_batch(events, types=self.event_types, now=utc_now())
        before_publishing(batch.events)
        run_publish(batch.events, queues=self.stores.queues)
        self._record(batch.events)
        for refused in batch.rejected:
            self.stores.recorder.add(REFUSED, labels=(refused.code,))
        return batch

    def _record(self, events: Iterable[Event]) -> None:
        for name, number in Counter(event.type.name for event in events).items():
            self.stores.recorder.add(ACCEPTED, number, labels=(name,))
        if monotonic() > self._flush_at:  # in the background: it costs no request anything
            self._flush_at = monotonic() + FLUSH_EVERY
            Thread(target=self.flush_counters, name="stats-counters", daemon=True).start()

    def check_mappings(self) -> None:
        """Raise ``StoreRejected`` when an index has a field of another type than is searched.

        Asked now and then, since an index may be made by hand or restored while this runs.
        """
        if monotonic() > self._mappings_until:
            self.stores.search.ensure_mappings()
            self._mappings_until = monotonic() + MAPPINGS_SECONDS

    def flush_counters(self, *, at_once: bool = False) -> None:
        """Bring the counters of this process to those of the others; raises nothing."""
        with suppress(StatsError):
            self.stores.counters.flush(at_once=at_once)

    def process(
        self, type_names: Iterable[str] | None = None, *, should_stop: Callable[[], bool] = never
    ) -> dict[str, Processed]:
        """Drain the queues of some event types, or of all, into raw documents."""
        self.check_mappings()
        processing = replace(self.processing, should_stop=should_stop)
        names = self.event_types if type_names is None else type_names
        processed: dict[str, Processed] = {}
        failed: StatsError | None = None
        began = self.stores.clock()
        for name, depth in self.stores.queues.depths(names).items():
            try:
                processed[name] = run_process(name, processing=processing) if depth else Processed()
            except StatsError as error:  # a type whose index refuses does not hold up the others
                failed = failed or error
        self.stores.counters.flush(at_once=False)
        if not should_stop():
            self.stores.workers.note_drained(processed, began)
        if failed is not None:
            raise failed
        return processed

    @cached_property
    def processing(self) -> Processing:
        """Return what the processing of the queues works on."""
        return build_processing(
            self.settings, self.stores, self.event_types, enrichment=self.enrichment
        )

    @cached_property
    def enrichment(self) -> Enrichment:
        """Return how events become raw documents here."""
        return build_enrichment(self.settings, self.stores, self.definitions)

    @cached_property
    def aggregation_job(self) -> AggregationJob:
        """Return what the aggregation works on."""
        return build_aggregation_job(
            self.settings, self.stores, self.definitions, on_changed=partial(send_changed, self)
        )

    def retention_job(
        self, *, report: Callable[[str], None] = _silent, wait: Callable[[float], None] = sleep
    ) -> RetentionJob:
        """Return what retention, erasure and re-flagging work on."""
        return build_retention_job(
            self.settings, self.stores, self.aggregation_job, report=report, wait=wait
        )

    @cached_property
    def reporter(self) -> Reporter:
        """Return what makes the reports."""
        return build_reporter(self.settings, self.stores, self.definitions)

    def aggregate(
        self,
        window: tuple[date, date] | None = None,
        *,
        report: Callable[[date, int], None] = _quiet,
    ) -> AggregationResult:
        """Count what is not counted yet, or the days of ``window`` (both inclusive) again.

        Raises ``InputError`` when raw events of a day of the window are gone.
        """
        self.check_mappings()
        if window is not None:
            run_mark_window(self.aggregation_job, *window, today=self.stores.clock().date())
        try:
            return run_aggregation(self.aggregation_job, self.stores.clock, report=report)
        finally:
            self.stores.counters.flush(at_once=False)

    @cached_property
    def limits(self) -> Limits:
        """Return what one request may hold or ask for."""
        return build_limits(self.settings)

    @cached_property
    def rates(self) -> Rates:
        """Return how often callers may ask."""
        return build_rates(self.settings)

    def count_points(self, name: str, params: Mapping[str, object]) -> int:
        """Return how many buckets the answer of a named query has at most.

        Raises ``InputError`` on a bad parameter.
        """
        return count_points(self.resolve(self.find_query(name), params))

    def resolve(self, query: Query, params: Mapping[str, object]) -> Params:
        """Return the typed parameters of a query; raise ``InputError`` where one is wrong."""
        return resolve_params(query, params, now=utc_now(), kinds=self.kinds)

    def find_query(self, name: str) -> Query:
        """Return a named query; raise ``UnknownError`` when there is none of that name."""
        try:
            return self.queries[name]
        except KeyError:
            raise UnknownError("unknown_query", f"there is no query {name[:64]}") from None

    @cached_property
    def policy(self) -> Policy:
        """Return who may see and do what."""
        return build_policy(self.settings, self.stores, self.definitions)

    @cached_property
    def embed_key(self) -> str:
        """Return the key that signs embed tokens."""
        return self.settings.embed_key or self.stores.tokens.key(make_secret())

    def query(
        self,
        name: str,
        params: Mapping[str, object],
        *,
        identity: Identity = COMMAND_LINE,
        patience: Patience | None = None,
        rows: int | None = None,
    ) -> Answer:
        """Run a named query with parameters from outside, for ``identity``.

        ``rows``: how many a list has that is not told its ``size``, in place of the usual few.
        Raises ``InputError`` on a bad parameter, ``AccessError`` when it may not be run, and
        ``LimitError`` when it takes longer than there is ``patience`` (None: it may).
        """
        query = self.find_query(name)
        resolved = with_rows(self.resolve(query, params), given=params, rows=rows)
        merges = self.stores.merges.recent()
        resolved = follow_params(query, resolved, merges)
        known = (self.stores.totals, self.stores.resources)
        refuse_unknown_kind(resolved, kinds=self.kinds, sources=known)
        self.policy.check_query(identity, name, scope=query.scope, given=params, params=resolved)
        visible = self.policy.filter(identity)
        if resolved.get(DELETED.name) == HIDE:
            visible = without_deleted(self.stores.resources, visible)
        minimum = self.policy.minimum(identity, resolved)
        search = self.stores.search
        sources = Sources(
            BoundedSearch(search, patience) if patience else search,
            self.stores.resources,
            visible,
            minimum,
        )
        ask = partial(self._run_query, query, sources=sources)
        answer = run_for(query, resolved, ask, visible=visible)
        merged = list_merged_of(query, resolved, merges)
        answer = {**answer, "merged": merged} if merged else answer
        return self._annotate(answer, identity) if query.kind == "histogram" else answer

    def table(
        self,
        name: str,
        params: Mapping[str, object],
        *,
        identity: Identity = COMMAND_LINE,
        patience: Patience | None = None,
    ) -> Table:
        """Run a named query as :meth:`query`, for all of its rows unless ``size`` is given.

        Raises ``LimitError`` when there are more than one table may have.
        """
        most = self.limits.rows
        answer = self.query(name, params, identity=identity, patience=patience, rows=most + 1)
        table = build_table(self.find_query(name), answer)
        self.limits.check_rows(len(table.rows))
        return table

    def _annotate(self, answer: Answer, identity: Identity) -> Answer:
        """Return a history with the remarks on its days that ``identity`` may read."""
        resource = answer.get("resource")
        if resource is None:
            return answer
        first, last = parse_day(answer["from"]), parse_day(answer["to"])
        remarks = self.stores.annotations.read([None, resource], first, last)
        reads_all = resource in self.policy.exact(identity, [resource]) if remarks else False
        return put_annotations(answer, [one for one in remarks if one.public or reads_all])

    def _run_query(self, query: Query, params: Params, *, sources: Sources) -> Answer:
        until = self.stores.bookmarks.counted_until()
        return run_query(query, params, sources=sources, counted_until=until)

    def totals(self, refs: Sequence[str]) -> dict[str, Document]:
        """Return the totals of ``refs`` by ref, with zeros for those nothing happened to.

        One that was merged into another has the other's.
        """
        merges = self.stores.merges.recent()
        of = {ref: follow(ref, merges) for ref in refs}
        found = self.stores.totals.read(list(of.values()))
        return {ref: found.get(into) or build_empty_totals(into) for ref, into in of.items()}

    def parse_ref(self, value: object, *, field: str) -> str:
        """Return the ref whose numbers answer for one from outside; raise ``InputError``."""
        return self.follow(self.kinds.parse_ref(value, field=field))

    def follow(self, ref: str) -> str:
        """Return the ref that has the numbers of ``ref``: what it was merged into, or itself."""
        return follow(ref, self.stores.merges.recent())


class Stats:
    """The extension itself: ``Stats(app)`` or ``init_app``."""

    def __init__(self, app: Flask | None = None) -> None:
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Read the settings of ``app`` and give it its :class:`StatsState`.

        Raises:
            ConfigError: a setting is unknown or of the wrong form.
        """
        app.extensions[EXTENSION] = StatsState(load_settings(self.read_config(app), os.environ))

    def read_config(self, app: Flask) -> Mapping[str, object]:
        """Return where settings are read from; a host's extension may have them elsewhere."""
        return app.config
