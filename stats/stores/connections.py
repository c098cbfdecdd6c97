"""All stores of one installation, each opened when it is first asked for.

Comes in: addresses and limits. Invariant: making a :class:`Stores`
talks to no engine, so that an application starts while its statistics are down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from stats.metrics import Recorder
from stats.stores.annotations import AnnotationStore
from stats.stores.bookmarks import Bookmarks
from stats.stores.clock import SharedClock
from stats.stores.counted_days import CountedDays
from stats.stores.counters import Counters
from stats.stores.dead_letters import DeadLetterStore
from stats.stores.erasures import ErasureStore
from stats.stores.exports import ExportStore
from stats.stores.imports import ImportStore
from stats.stores.locks import DayClaims, JobLocks
from stats.stores.merges import MergeStore
from stats.stores.mongo import Documents, check_listening, connect, ping
from stats.stores.months import MonthsStore
from stats.stores.queues import EventQueues
from stats.stores.ranking import RankingStore
from stats.stores.resources import ResourceStore
from stats.stores.retained_user_rows import RetainedRowsStore
from stats.stores.salts import SaltStore
from stats.stores.search import SearchStore
from stats.stores.tokens import TokenStore
from stats.stores.totals import TotalsStore
from stats.stores.workers import Workers


@dataclass(frozen=True)
class Addresses:
    """Where the engines are, and how long they may take to answer, in seconds."""

    elasticsearch: str
    mongo: str
    broker: str
    prefix: str
    request_timeout: float
    connect_timeout: float
    elasticsearch_api_key: str = field(default="", repr=False)


class Stores:
    """The stores of one installation."""

    def __init__(
        self, addresses: Addresses, type_names: Iterable[str], *, keywords: Iterable[str] = ()
    ) -> None:
        self._addresses = addresses
        self._keywords = tuple(keywords)
        self._type_names = tuple(type_names)
        self._hurried = False
        self.recorder = Recorder()

    def hurry(self) -> None:
        """Give MongoDB up at once if nobody listens there at first: somebody waits for a command.

        A service does not hurry; it lives through a restart or a fail-over.
        """
        self._hurried = True

    @cached_property
    def search(self) -> SearchStore:
        """Return Elasticsearch."""
        return SearchStore(
            self._addresses.elasticsearch,
            prefix=self._addresses.prefix,
            type_names=self._type_names,
            request_timeout=self._addresses.request_timeout,
            api_key=self._addresses.elasticsearch_api_key,
            keywords=self._keywords,
        )

    @cached_property
    def database(self) -> Documents:
        """Return the MongoDB database."""
        if self._hurried:
            check_listening(self._addresses.mongo)
        return connect(self._addresses.mongo, timeout=self._addresses.connect_timeout)

    @cached_property
    def bookmarks(self) -> Bookmarks:
        """Return how far finding, counting and dropping have come."""
        return Bookmarks(self.database)

    @cached_property
    def counted_days(self) -> CountedDays:
        """Return from how many raw events each day was counted."""
        return CountedDays(self.database)

    @cached_property
    def counters(self) -> Counters:
        """Return the counters that all processes add to."""
        return Counters(self.database, self.recorder)

    @cached_property
    def merges(self) -> MergeStore:
        """Return which refs go under another."""
        return MergeStore(self.database)

    @cached_property
    def workers(self) -> Workers:
        """Return what processing workers have in hand."""
        return Workers(self.database)

    @cached_property
    def clock(self) -> SharedClock:
        """Return the time that all workers share."""
        return SharedClock(lambda: self.database)

    @cached_property
    def day_claims(self) -> DayClaims:
        """Return the days to recount, and who has claimed them."""
        return DayClaims(self.database, self.bookmarks)

    @cached_property
    def job_locks(self) -> JobLocks:
        """Return the locks of jobs that run one at a time."""
        return JobLocks(self.database)

    @cached_property
    def retained_rows(self) -> RetainedRowsStore:
        """Return what people did on days whose events no longer say who."""
        return RetainedRowsStore(self.database)

    @cached_property
    def months(self) -> MonthsStore:
        """Return the sums of resources by month."""
        return MonthsStore(self.database)

    @cached_property
    def totals(self) -> TotalsStore:
        """Return the totals of resources and users."""
        return TotalsStore(self.database)

    @cached_property
    def ranking(self) -> RankingStore:
        """Return the totals in the order of reports."""
        return RankingStore(self.database)

    @cached_property
    def exports(self) -> ExportStore:
        """Return how far exports have come."""
        return ExportStore(self.database)

    @cached_property
    def resources(self) -> ResourceStore:
        """Return the descriptions of resources."""
        return ResourceStore(self.database)

    @cached_property
    def queues(self) -> EventQueues:
        """Return the queues of the event types."""
        return EventQueues(
            self._addresses.broker,
            prefix=self._addresses.prefix,
            type_names=self._type_names,
            timeout=self._addresses.connect_timeout,
        )

    @cached_property
    def dead_letters(self) -> DeadLetterStore:
        """Return what could not be processed."""
        return DeadLetterStore(self.database)

    @cached_property
    def erasures(self) -> ErasureStore:
        """Return who was forgotten when."""
        return ErasureStore(self.database)

    @cached_property
    def annotations(self) -> AnnotationStore:
        """Return the remarks on days."""
        return AnnotationStore(self.database)

    @cached_property
    def imports(self) -> ImportStore:
        """Return which logs were imported."""
        return ImportStore(self.database)

    @cached_property
    def salts(self) -> SaltStore:
        """Return the salts of anonymisation."""
        return SaltStore(self.database, clock=self.clock)

    @cached_property
    def tokens(self) -> TokenStore:
        """Return the tokens of the service's own."""
        return TokenStore(self.database)

    def ping(self) -> None:
        """Raise ``StoreUnavailable`` unless all three engines answer."""
        self.search.ping()
        self.queues.ping()
        ping(self.database)

    def ensure(self) -> None:
        """Make templates, queues and indexes; a second time is no error."""
        self.search.put_templates()
        self.queues.ensure()
        for store in (
            self.day_claims,
            self.months,
            self.totals,
            self.ranking,
            self.resources,
            self.retained_rows,
        ):
            store.ensure()
        for kept in (self.annotations, self.dead_letters, self.imports, self.salts, self.tokens):
            kept.ensure()
