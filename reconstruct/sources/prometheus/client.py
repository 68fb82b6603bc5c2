"""A Prometheus-compatible server: range queries into a matrix, raw samples, and its metadata.

Metadata comes through prometheus-api-client on our session; queries do not, for the reasons in docs/prometheus.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import pandas as pd

from reconstruct import promql as pq
from reconstruct.errors import QueryError, ReconstructError, SourceError
from reconstruct.http import HttpSettings, NoSuchPageError, plain, redact
from reconstruct.json_text import FORM_ERRORS
from reconstruct.model import Gap, Window
from reconstruct.model.instants import instant
from reconstruct.sources.prometheus.api_errors import TooLongError, TooMuchError, TooSlowError, refusal
from reconstruct.sources.prometheus.dialect import Dialect, dialect_of
from reconstruct.sources.prometheus.json_stream import CutShortError, GarbledError
from reconstruct.sources.prometheus.range_decoder import Envelope, Matrix, TooManySeriesError, read_answer
from reconstruct.sources.prometheus.responses import (
    Answer,
    Sample,
    Series,
    metadata_entries,
    parse_samples,
    parse_series,
    texts,
)
from reconstruct.sources.prometheus.transport import CUT_SHORT_RETRIES, Transport

__all__ = ["Answer", "Prometheus", "Sample", "Series"]

T = TypeVar("T")

MAX_POINTS: Final = 11_000
"""A series in one answer; Prometheus refuses more (web/api/v1: "exceeded maximum resolution of 11,000 points")."""
MAX_SAMPLES: Final = 10_000_000
"""In one answer: a fifth of --query.max-samples' default, so that somebody's dashboard fits beside us."""
COUNT_FIRST_POINTS: Final = 1_000
"""From this many points on, the series are counted before they are asked for (one evaluation beside a thousand)."""
MAX_HALVINGS_TOO_MUCH: Final = 12
"""Errors about size are quick; from 11,000 points down to a handful."""
LEAST_LEARNT_POINTS: Final = 100
"""One query's refusal makes the next ones no shorter than this: that a heavy one needs pieces says little of others."""
MAX_HALVINGS_TOO_SLOW: Final = 1
"""Each costs a whole time-out, for the server too."""
READY_WAIT_S: Final = 30.0
"""A Prometheus replays its write-ahead log before it answers; half a minute covers a middling one."""
READY_PAUSE_S: Final = 0.5
SKEW_TOLD_S: Final = 5.0
"""Clocks further apart are told: `now` and `-2h` mean something else to the server then."""


class Prometheus:
    """One server: its session, its address and its clock. Safe to use from several threads.

    Raises
    ------
    UsageError
        From every method: credentials, or a query that the server refuses (`QueryError`).
    SourceError
        From every method: the server cannot be reached, or does not answer in full.
    """

    def __init__(
        self,
        settings: HttpSettings,
        *,
        service_labels: Collection[str] = (),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = Transport(settings, sleep=sleep)
        self.settings = self._transport.settings
        self.service_labels = tuple(service_labels)
        """Labels of which the user says that they name a service here (`service_labels.service_of`)."""
        self.dialect = Dialect()
        """How it wants its questions written; learnt by `learn_dialect`."""
        self._without: dict[str, str] = {}
        self._points_learnt = min(MAX_POINTS, self.settings.points)
        self._length_learnt_s = float("inf")

    @property
    def name(self) -> str:
        """What messages call it: `prometheus at host:port`."""
        return self._transport.name

    # ------------------------------------------------------------------------------------------- is it there, and when

    def ready(self, *, wait_s: float = READY_WAIT_S) -> None:
        """Return once the server answers queries; wait for one that is starting up, but no longer than `wait_s`."""
        waited_s = 0.0
        while True:
            try:
                status = self._transport.get("/-/ready").status_code
            except SourceError:
                if waited_s == 0.0:
                    raise
                status = 503  # it went away while it was starting: it may come back
            # Anything but "not yet" is decided by a query: gateways have no /-/ready, or ask for credentials there.
            if status != 503:
                break
            if waited_s >= wait_s:
                raise SourceError(
                    f"{self.name} is still starting up after {wait_s:g} s",
                    hint="a large write-ahead log takes minutes: try again when its /-/ready says so",
                )
            self._transport.sleep(READY_PAUSE_S)
            waited_s += READY_PAUSE_S
        try:
            self.instant("time()")
        except NoSuchPageError as error:
            address = self._transport.find_prefix()
            if address is None:
                raise
            hint = f"it lives under a prefix: give {self.settings.option} {address}"
            raise NoSuchPageError(error.message, hint=hint) from error

    def now(self) -> pd.Timestamp:
        """The server's clock, to the second: an answer's `Date`, or what `time()` says where a proxy removes that."""
        samples = self.instant("time()")
        # VictoriaMetrics answers `time()` for half a minute ago, so that late samples count; Date does not.
        told = self._transport.clock or (instant(samples[0].value) if samples else None)
        if told is None:
            raise self._transport.not_the_api()
        return told.floor("s")

    def skew_note(self, now: pd.Timestamp) -> str:
        """A sentence on how far the server's clock is from `now`; "" where that is less than `SKEW_TOLD_S`."""
        ahead_s = (self.now() - now).total_seconds()
        if abs(ahead_s) <= SKEW_TOLD_S:
            return ""
        return (
            f"the clock of {self.name} is {abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'}"
            " this machine's; times are the server's"
        )

    def learn_dialect(self, names: Iterable[str]) -> None:
        """Find out how this server wants its questions, given the names of all its labels."""
        try:
            build = self.page("status/buildinfo", read=lambda data: data)
        except ReconstructError:  # gateways have no such page
            build = None
        self.dialect = dialect_of(build, names)

    def written(self, promql: str) -> str:
        """The expression as it is sent to this server."""
        return self.dialect.written(promql)

    def do_without(self, missing: str, error: ReconstructError) -> None:
        """Remember that this server does not offer something that is not needed for a draft, and in which words."""
        self._without.setdefault(missing, error.message.splitlines()[0])

    def shortcomings(self) -> tuple[Gap, ...]:
        """What this server does not offer, and parts that were missing from its answers, each said once."""
        without = [Gap("", "prometheus", missing, cause) for missing, cause in self._without.items()]
        parts: dict[str, list[str]] = {}
        for asked, words in self._transport.warnings():
            parts.setdefault(words, []).append(redact(asked))
        return (
            *without,
            *(Gap("", "prometheus", f"part of the answer to {_some(asked)}", words) for words, asked in parts.items()),
        )

    # ------------------------------------------------------------------------------------------------------- questions

    def range(
        self, promql: str, window: Window, *, max_series: int | None = None, expected_series: int | None = None
    ) -> Answer:
        """The expression's value at each time of `window.index`.

        Asked in pieces of at most `MAX_POINTS` points and about `MAX_SAMPLES` samples, one after the other; a piece
        that is too much for the server is halved. Times after the server's clock stay NaN: there the server would
        repeat the last sample for five minutes.

        Parameters
        ----------
        max_series : int, optional
            With more, the answer is given up (`TooMuchError`): what no one can use is not held in memory either.
        expected_series : int, optional
            About how many there are, to size the first piece; counted by the server when not given and the window long.
        """
        promql = self.written(promql)
        index = window.index
        step_ms = round(window.step_s * 1000)
        start_ms = _milliseconds(window.baseline_start)
        n_asked = self._points_until_now(window, n_times=len(index))
        rows = min(expected_series or 0, MAX_SAMPLES // max(len(index), 1), max_series or MAX_SAMPLES)
        matrix = Matrix(
            start_ms=start_ms,
            step_ms=step_ms,
            n_times=len(index),
            max_series=max_series,
            max_label_bytes=self.settings.max_label_bytes,
            expected=rows,
        )
        warnings: dict[str, None] = {}
        infos: dict[str, None] = {}
        if expected_series is None and n_asked >= COUNT_FIRST_POINTS:
            expected_series = self._count(promql, window)
        most = self._points_at_most(window)
        halvings = {"size": 0, "time": 0}
        first = 0
        while first < n_asked:
            budget = MAX_SAMPLES // max(1, matrix.n_series, expected_series or 0)
            n_points = min(n_asked - first, most, max(1, budget))
            try:
                envelope = self._piece(promql, matrix, first=first, n_points=n_points)
            except (TooMuchError, TooSlowError) as error:
                kind, limit = (
                    ("time", MAX_HALVINGS_TOO_SLOW)
                    if isinstance(error, TooSlowError)
                    else ("size", MAX_HALVINGS_TOO_MUCH)
                )
                halvings[kind] += 1
                if n_points == 1 or halvings[kind] > limit:
                    raise
                most = self._shorter(error, n_points=n_points, step_s=window.step_s)
                continue
            except TooManySeriesError:
                raise TooMuchError(
                    f"{self.name} has more than {max_series:,} series for {redact(promql)}",
                    hint="narrow --scope, aggregate the query, or raise limits.series in reconstruct.yaml",
                ) from None
            warnings.update(dict.fromkeys(envelope.warnings))
            infos.update(dict.fromkeys(envelope.infos))
            if envelope.wide:
                warnings[
                    f"{envelope.wide} series whose labels are longer than {self.settings.max_label_bytes >> 10} KiB"
                    " (limits.label_kib in reconstruct.yaml) are left out"
                ] = None
            if envelope.histograms:
                warnings["native histograms have no single value and are left out; take a quantile of them"] = None
            first += n_points
        values, labels = matrix.result()
        return Answer(values, labels, tuple(map(plain, warnings)), tuple(map(plain, infos)))

    def present(self, selector: str, window: Window, *, spacing_s: float) -> Answer:
        """How many raw samples each series has in the last `spacing_s` before each time of the grid; NaN = none.

        What an instant selector does not show: that answers for five minutes after the last sample, unless a scrape
        failed or the target went away while Prometheus was looking.
        """
        return self.range(f"count_over_time({selector}[{pq.duration(max(spacing_s, 0.001))}])", window)

    def instant(self, promql: str, *, at: pd.Timestamp | None = None) -> list[Sample]:
        """The expression's value at one time (now, when not given), one sample a series."""
        try:
            return parse_samples(self._query(promql, at=at))
        except GarbledError as error:
            raise self._transport.not_the_api() from error

    def raw(self, selector: str, *, start: pd.Timestamp, end: pd.Timestamp) -> list[Series]:
        """The samples of a plain vector selector in (start, end], as scraped: no grid, no look-back."""
        length_s = (end - start).total_seconds()
        if length_s <= 0:
            return []
        data = self._query(f"{selector}[{pq.duration(length_s)}]", at=end)
        try:
            return parse_series(data, after_s=start.timestamp())
        except GarbledError as error:
            raise self._transport.not_the_api() from error

    # -------------------------------------------------------------------------------------------------------- metadata

    def label_values(self, name: str, *, scope: str = "", window: Window | None = None) -> list[str]:
        """The values of a label, sorted; of series that match `scope` and have samples in the window, where given."""
        params = self._matching(scope, window)
        found = self._transport.through_client(lambda client: client.get_label_values(name, params=params))
        return sorted(map(redact, self._read(texts, found)))

    def label_names(self, *, scope: str = "", window: Window | None = None) -> list[str]:
        """The names of all labels, sorted, as the server spells them."""
        params = self._matching(scope, window)
        found = self._transport.through_client(lambda client: client.get_label_names(params=params))
        return sorted(self._read(texts, found))

    def metadata(self) -> list[Mapping[str, str]]:
        """What the targets say of their metrics: metric_name, type, help, unit; empty on VictoriaMetrics."""
        return self.page("metadata", read=metadata_entries)

    def page(self, path: str, *, read: Callable[[Any], T], params: Mapping[str, object] | None = None) -> T:
        """What `read` makes of the `data` of another API page, such as `rules`; null is handed on as None."""
        return self._read(read, self._transport.data(f"/api/v1/{path}", params=params))

    def _read(self, read: Callable[[Any], T], data: Any) -> T:
        try:
            return read(data)
        except FORM_ERRORS as error:
            raise self._transport.not_the_api() from error

    # ------------------------------------------------------------------------------------------------------- in pieces

    def _query(self, promql: str, *, at: pd.Timestamp | None) -> Any:
        promql = self.written(promql)
        return self._transport.query({"query": promql} | ({} if at is None else {"time": _seconds(_milliseconds(at))}))

    def _piece(self, promql: str, matrix: Matrix, *, first: int, n_points: int) -> Envelope:
        """One request of a range query, into the matrix; once more where the answer was cut short."""
        form = {
            "query": promql,
            "start": _seconds(matrix.start_ms + first * matrix.step_ms),
            "end": _seconds(matrix.start_ms + (first + n_points - 1) * matrix.step_ms),
            "step": _seconds(matrix.step_ms),
            "nocache": "1",  # VictoriaMetrics moves start and end to suit its cache otherwise; Prometheus ignores it
        }
        for attempt in range(CUT_SHORT_RETRIES + 1):
            try:
                with self._transport.posted("/api/v1/query_range", form) as (answer, read):
                    envelope = read_answer(read, into=matrix, first=first, n_points=n_points)
                break
            except CutShortError as error:
                if attempt == CUT_SHORT_RETRIES:
                    raise self._transport.cut_short() from error
            except GarbledError as error:
                raise self._transport.not_the_api() from error
        if envelope.status == "success":
            return envelope
        raise refusal(
            status=answer.status_code,
            error_type=envelope.error_type,
            error=envelope.error,
            query=promql,
            settings=self.settings,
        )

    def _points_at_most(self, window: Window) -> int:
        """Of one request: what the API allows, and what this server was found to answer."""
        return max(
            1, min(MAX_POINTS, self._points_learnt, 1 + int(min(self._length_learnt_s / window.step_s, MAX_POINTS)))
        )

    def _shorter(self, error: TooMuchError | TooSlowError, *, n_points: int, step_s: float) -> int:
        """How many points to ask for after a refusal; a limit that holds for every query is kept in mind."""
        half = (n_points + 1) // 2
        if isinstance(error, TooLongError):
            asked_s = (n_points - 1) * step_s
            told = error.limit_s if error.limit_s is not None and 0 < error.limit_s < asked_s else asked_s / 2
            self._length_learnt_s = min(self._length_learnt_s, told)
            return max(1, min(n_points - 1, 1 + int(told / step_s)))
        if isinstance(error, TooMuchError):
            self._points_learnt = min(self._points_learnt, max(half, LEAST_LEARNT_POINTS))
        return half

    def _count(self, promql: str, window: Window) -> int | None:
        """How many series the expression has at the window's end; None where that cannot be counted."""
        try:
            counted = self.instant(f"count(\n{promql}\n)", at=min(window.end, self._transport.clock or window.end))
        except QueryError:  # a scalar, or a wrong query: the query itself will tell
            return None
        return int(counted[0].value) if counted else None

    def _points_until_now(self, window: Window, *, n_times: int) -> int:
        """How many points of the grid are not in the server's future."""
        last = window.baseline_start + (n_times - 1) * window.step
        clock = self._transport.clock
        if clock is None or clock < last:
            clock = self.now()
        return n_times if clock >= last else max(0, int((clock - window.baseline_start) // window.step) + 1)

    @staticmethod
    def _matching(scope: str, window: Window | None) -> dict[str, str]:
        params = {"match[]": f"{{{scope}}}"} if scope else {}
        if window is not None:
            params |= {
                "start": _seconds(_milliseconds(window.baseline_start)),
                "end": _seconds(_milliseconds(window.end)),
            }
        return params


def _some(asked: Sequence[str]) -> str:
    """The first of several questions, and how many more there were."""
    more = f" and {len(asked) - 1} more" if len(asked) > 1 else ""
    return f"{asked[0]}{more}"


def _milliseconds(time_utc: pd.Timestamp) -> int:
    return time_utc.value // 1_000_000


def _seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03d}" if ms % 1000 else str(ms // 1000)
