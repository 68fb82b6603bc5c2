"""Requests, calls and messages: whose they are, how many failed of the same, how long they took."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from reconstruct.meaning import vocabulary as words_for
from reconstruct.meaning.names import ROUTE, Names, family_of, instance_of, total_of
from reconstruct.meaning.rows import Row
from reconstruct.meaning.status import clients_mistake, failed, status_label
from reconstruct.meaning.turned_away import turned_away
from reconstruct.model.system import Flow, Kind, Series, quotient

K = TypeVar("K")
Share = Literal["total", "busy", "timed", "broken"]
"""What a series counts: all answers, seconds of answering, answers that were timed, those that failed."""
LONG_WAIT_S: Final = 15.0
"""A time without a unit of more than this is in milliseconds, or less: hardly anybody waits so long for an answer."""
AGREES: Final = 0.8
"""A metric that is timed and tells the status is taken for the count too, if it counts so much of the largest."""
HOST: Final = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(:\d+)?")
"""A name in the domain name system, with or without a port (RFC 1123)."""
CLASS: Final = re.compile(r"(?<![a-z0-9])([1-5])_?xx(?![a-z0-9])", re.IGNORECASE)
"""The class of the status in the metric's own name: a part of the answers, of which the fifth failed."""
KNOWN_PEER: Final = 0.6
"""Of a metric's series: a label that names another known service in so many is the far side of a call."""


@dataclass(frozen=True, slots=True)
class _Piece:
    share: Share
    row: Row
    status: str | None
    unit: float


Pieces = dict[str, list[_Piece]]
"""By metric."""


@dataclass(slots=True)
class Flows:
    """What was met so far: place -> metric -> its series."""

    served: dict[str, Pieces] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    called: dict[tuple[str, str], Pieces] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    handled: dict[str, Pieces] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    delayed: dict[str, Pieces] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    consumers: dict[str, str] = field(default_factory=dict)
    callers: set[tuple[str, str]] = field(default_factory=set)
    """(caller, callee) as the callee tells."""
    passers: set[str] = field(default_factory=set)
    """Who counts answers by the service that gave them and is no client: it may be a proxy."""


def read_flow(name: str, rows: Sequence[Row], *, names: Names, found: Flows) -> bool:
    """Put a metric of requests, calls or messages where it belongs; False where it is none."""
    words, said = rows[0].words, frozenset(rows[0].words)
    if rows[0].rate is None or any("quantile" in row.own or "le" in row.own for row in rows[:3]):
        return False
    status = status_label(row.own for row in rows)
    timed = bool(said & words_for.TIMES) or (name in names.distributions and not said & words_for.NO_TIME)
    share: Share = "busy" if words[-1] == "sum" and timed else "timed" if words[-1] == "count" and timed else "total"
    if words[-1] == "sum" and not timed:
        return False
    of_class = CLASS.search(name) if share == "total" and status is None else None
    if of_class:
        if of_class[1] != "5":
            return False
        share = "broken"
    elif (
        share == "total"
        and status is None
        and said & words_for.BROKEN
        and said & (words_for.COUNTED | words_for.SERVED)
    ):
        share = "broken"
    elif share == "total" and not (said & words_for.COUNTED or (status and not said & words_for.NOT_COUNTED)):
        return False
    if share == "total" and said & words_for.NOT_COUNTED:
        return False
    if said & {"compile", "gc", "pause", "classe", "log", "panic", "scrape", "reload"}:
        return False
    unit = (
        1e-3
        if said & words_for.MILLIS
        else 1e-6
        if said & words_for.MICROS
        else 1e-9
        if said & words_for.NANOS
        else 1.0
    )
    family = family_of(words)
    if _mesh(name, rows, status=status, share=share, unit=unit, names=names, found=found):
        return True
    client = bool(said & words_for.CLIENT) and not (family == "edge" and "client" in said)
    late = share != "total" and bool(said & words_for.WAITED) and not said & words_for.SERVED
    queued = _label_of(rows, "queue", names=names)
    message = (
        not client
        and bool(queued or said & words_for.MESSAGE or late)
        and not said & words_for.SERVED - set({"request"} if queued else ())
    )
    store = (
        not client
        and not message
        and bool(said & (words_for.STORE_WORDS | {"redis", "memcached"}))
        and not said & words_for.SERVED
    )
    peer = peer_label(rows, status=status, client=client or store, names=names)
    incoming = peer if peer in words_for.INCOMING and not client and not store else None
    peer = None if incoming else peer
    far = _far_label(rows, names=names) if family == "edge" else None
    for row in rows:
        thing = names.thing(row)
        piece = _Piece(share, row, status, unit)
        if family == "edge":
            behind = _behind(row, said, names=names, thing=thing, far=far)
            if behind is not None:
                found.called[thing, behind][name].append(piece)
            else:
                found.served[thing][name].append(piece)
        elif client or store or (peer and not message):
            other = _other(row, peer, names=names, store=store, said=said)
            if other == thing and not client:
                found.served[thing][name].append(piece)
            else:
                found.called[thing, other][name].append(piece)
                if not client and not store:
                    found.passers.add(thing)
        elif message:
            (found.delayed if late else found.handled)[thing][name].append(piece)
            queue = next((row.own[k] for k in (queued, *words_for.QUEUE_LABELS) if k and row.own.get(k)), None)
            if queue:
                found.consumers.setdefault(thing, re.sub(r"-\d+$", "", queue))
        else:
            found.served[thing][name].append(piece)
            caller = names.known(row.own.get(incoming, "")) if incoming else None
            if caller is not None:
                found.callers.add((caller, thing))
    return True


def _label_of(rows: Sequence[Row], kind: Kind, *, names: Names) -> str | None:
    """The label whose values name things of a kind, in most series."""
    meets = Counter(
        label
        for row in rows
        for label, value in row.own.items()
        if not _is_route(label) and names.kinds.get(names.known(value) or "") == kind
    )
    named = [label for label, n in meets.items() if n >= KNOWN_PEER * len(rows)]
    return min(named, key=lambda k: (-meets[k], k)) if named else None


def peer_label(rows: Sequence[Row], *, status: str | None, client: bool, names: Names) -> str | None:
    """The label in which a metric names the far side, if it does: by convention for a client, else by its values."""
    seen: Counter[str] = Counter()
    meets: Counter[str] = Counter()
    for row in rows:
        for label, value in row.own.items():
            if label in (status, "le", "method", "quantile") or label.startswith("exported_"):
                continue
            seen[label] += 1
            other = names.known(value)
            if (
                other is not None
                and other != names.thing(row)
                and names.kinds.get(other) in ("app", "edge", "external", "database", "cache")
            ):
                meets[label] += 1
    if client:
        best = [k for k, n in meets.items() if n >= KNOWN_PEER * len(rows) and not _is_route(k)]
        if best:
            return min(best, key=lambda k: (_place(k), -meets[k], k))
        usual = [k for k in words_for.PEER_LABELS if seen[k]]
        if usual:
            return usual[0]
        partly = sorted(k for k in seen if any(part in k for part in words_for.PEER_PART))
        return partly[0] if partly else None
    named = [k for k in meets if meets[k] >= KNOWN_PEER * len(rows) and not _is_route(k)]
    return min(named, key=lambda k: (_place(k), k)) if named else None


def _place(label: str) -> int:
    return words_for.PEER_LABELS.index(label) if label in words_for.PEER_LABELS else len(words_for.PEER_LABELS)


def _is_route(label: str) -> bool:
    return bool(ROUTE.search(label))


def _other(row: Row, peer: str | None, *, names: Names, store: bool, said: frozenset[str]) -> str:
    value = row.own.get(peer, "") if peer else ""
    if not value:
        value = next((row.own[k] for k in words_for.STORE_LABELS if row.own.get(k)), "") if store else ""
    if value:
        return names.known(value) or names.add(value, _kind_of_other(row, said, store=store))
    if store:
        kind_of = "cache" if said & words_for.CACHE_WORDS else "database"
        alone = [name for name, kind in names.kinds.items() if kind == kind_of]
        return (
            alone[0]
            if len(alone) == 1
            else names.add(f"{kind_of} of {names.thing(row)}", "cache" if kind_of == "cache" else "database")
        )
    return "?"


def _kind_of_other(row: Row, said: frozenset[str], *, store: bool) -> Kind:
    """What the far side of a call is, as the client's name or OpenTelemetry's labels tell."""
    system = " ".join(v.lower() for k, v in row.own.items() if k.replace(".", "_").startswith(("db_system", "db_type")))
    if store or system or said & words_for.STORE_WORDS:
        cached = said & words_for.CACHE_WORDS or any(word in system for word in words_for.CACHE_WORDS)
        return "cache" if cached else "database"
    if "messaging" in said or any(k.startswith("messaging") for k in row.own):
        return "queue"
    return "external"


def _far_label(rows: Sequence[Row], *, names: Names) -> str | None:
    """The label in which a proxy names where it sends: some of its values are known things that are not the proxy."""
    meets = Counter(
        label
        for row in rows
        for label, value in row.own.items()
        if not _is_route(label) and (names.known(value) or names.thing(row)) != names.thing(row)
    )
    return min(meets, key=lambda k: (-meets[k], k), default=None)


def _behind(row: Row, said: frozenset[str], *, names: Names, thing: str, far: str | None) -> str | None:
    """The service behind a proxy that a series speaks of; None where it speaks of what arrives at the proxy.

    A host that nobody else knows, named where others are named, is outside.
    """
    if "frontend" in said or "downstream" in said or "entrypoint" in said or "ingress" in said:
        return None
    if not said & {"backend", "service", "upstream", "cluster", "server"} or (
        "server" in said and "request" in said and not said & {"backend", "upstream"}
    ):
        return None
    for label, value in row.own.items():
        if label not in ("code", "status", "method", "protocol"):
            known = names.known(value)
            if known is not None and known != thing:
                return known
    host = row.own.get(far, "") if far else ""
    return names.add(host, "external") if HOST.fullmatch(host) else f"behind {thing}"


def _mesh(
    name: str, rows: Sequence[Row], *, status: str | None, share: Share, unit: float, names: Names, found: Flows
) -> bool:
    """Series of proxies beside the services: both ends are in the labels."""
    pairs = (
        ("source_workload", "destination_workload", "reporter", "destination"),
        ("source_canonical_service", "destination_canonical_service", "reporter", "destination"),
        ("deployment", "dst_deployment", "direction", "inbound"),
    )
    pair = next((p for p in pairs if any(row.labels.get(p[1]) and row.labels.get(p[2]) for row in rows)), None)
    if pair is None:
        return False
    source, destination, side, answering = pair
    for row in rows:
        piece = _Piece(share, row, status, unit)
        other = row.labels.get(destination, "")
        if row.labels.get(side) == answering:
            mine = other or row.labels.get(source, "")
            if mine and mine != "unknown":
                found.served[names.add(mine, "app")][name].append(piece)
        elif other and other != "unknown" and row.labels.get(source):
            found.called[names.add(row.labels[source], "app"), names.add(other, "external")][name].append(piece)
    return True


def joined_flows(pieces_of: Mapping[K, Pieces]) -> dict[K, Flow]:
    """One flow a place: counts of the metric that tells most, times of the timer with most time."""
    found = {}
    for key, metrics in pieces_of.items():
        flow = _joined(metrics)
        if flow is not None:
            found[key] = flow
    return found


def _joined(metrics: Pieces) -> Flow | None:
    totals: dict[str, tuple[bool, float]] = {}
    for name, pieces in metrics.items():
        rates = [p.row.rate for p in pieces if p.share in ("total", "timed") and p.row.rate is not None]
        if rates:
            rate = total_of(rates)
            if np.isfinite(rate).any():
                totals[name] = (any(p.status for p in pieces), float(np.nanmean(rate)))
    if not totals:
        return None
    timers = {n[: -len("_sum")] for n in metrics if n.endswith("_sum") and f"{n[:-4]}_count" in metrics}
    # a proxy counts what arrives before what it passes on
    most = max(totals, key=lambda n: (totals[n][0], "frontend" in n or "entrypoint" in n, totals[n][1], n))
    both = [
        f"{base}_count"
        for base in sorted(timers)
        if totals.get(f"{base}_count", (False, 0.0))[0] >= totals[most][0]
        and totals.get(f"{base}_count", (False, 0.0))[1] >= AGREES * totals[most][1]
    ]
    count = most if most in both or not both else max(both, key=lambda n: totals[n][1])
    base = count[: -len("_count")] if count.endswith("_count") and count[: -len("_count")] in timers else None
    if base is None and timers:
        base = max(
            sorted(timers), key=lambda b: float(np.nansum(total_of([p.row.signal for p in metrics[f"{b}_count"]])))
        )
    sums = _in_seconds(metrics, base) if base else []
    timed = metrics[f"{base}_count"] if base else []
    broken = [] if totals[count][0] else _counted_apart(metrics, most=totals[count][1])
    return _flow([*metrics[count], *broken], sums, timed, deep=True)


def _counted_apart(metrics: Pieces, *, most: float) -> list[_Piece]:
    """Failures that a metric of their own counts: of several the one that counts most, but no more than all."""
    found: list[tuple[float, str]] = []
    for name, pieces in metrics.items():
        mine = [p.row.rate for p in pieces if p.share == "broken" and p.row.rate is not None]
        rate = float(np.nanmean(total_of(mine))) if mine and np.isfinite(np.array(mine)).any() else np.inf
        if rate <= most:
            found.append((rate, name))
    return [p for p in metrics[max(found)[1]] if p.share == "broken"] if found else []


def _in_seconds(metrics: Pieces, base: str) -> list[_Piece]:
    sums, counted = metrics[f"{base}_sum"], metrics[f"{base}_count"]
    said = set(sums[0].row.words)
    if said & (words_for.MILLIS | words_for.MICROS | words_for.NANOS | {"second"}):
        return sums
    each = quotient(total_of([p.row.signal for p in sums]), total_of([p.row.signal for p in counted]), 5)
    usual = float(np.nanmedian(each)) if np.isfinite(each).any() else 0.0
    unit = 1.0 if usual <= LONG_WAIT_S and said.isdisjoint(words_for.IN_MILLIS) else 1e-3
    while usual * unit > LONG_WAIT_S:
        unit *= 1e-3
    return [_Piece(p.share, p.row, p.status, unit) for p in sums]


def _flow(
    counted: Sequence[_Piece],
    sums: Sequence[_Piece],
    timed: Sequence[_Piece],
    *,
    deep: bool,
    refusing: tuple[npt.NDArray[np.bool_], float] | None = None,
) -> Flow:
    """One flow of its pieces; `refusing` are the rows in which the whole turns clients away, where this is a part."""
    counting = [p for p in counted if p.share in ("total", "timed") and p.row.rate is not None]
    length = len((counted or sums or timed)[0].row.values)
    total = total_of([p.row.signal for p in counting]) if counting else np.full(length, np.nan)
    broken: Series | None = None
    apart = [p.row.signal for p in counted if p.share == "broken"]
    if apart or any(p.status for p in counting):
        bad = apart + [
            p.row.signal for p in counting if p.status and failed(p.row.own.get(p.status, ""), p.status) is True
        ]
        broken = np.where(np.isfinite(total), np.nan_to_num(total_of(bad)) if bad else 0.0, np.nan)
        mistakes = [
            p.row.signal for p in counting if p.status and clients_mistake(p.row.own.get(p.status, ""), p.status)
        ]
        if mistakes:
            clients = np.nan_to_num(total_of(mistakes))
            refusing = refusing or turned_away(clients, total)
            broken = broken + np.where(refusing[0], np.maximum(clients - refusing[1] * np.nan_to_num(total), 0.0), 0.0)
    busy = total_of([p.row.signal * p.unit for p in sums]) if sums and timed else None
    answered = total_of([p.row.signal for p in timed]) if sums and timed else None
    if not deep:
        return Flow(total if counting else (answered if answered is not None else total), broken, busy, answered)
    every = [*counted, *sums, *timed]
    return Flow(
        total,
        broken,
        busy,
        answered,
        routes=_parts(counted, sums, timed, by=_route, refusing=refusing),
        instances=_parts(counted, sums, timed, by=lambda p: instance_of(p.row.labels), refusing=refusing),
        codes=_codes(counting),
        queries=tuple(dict.fromkeys(p.row.query for p in every)),
        metrics=tuple(dict.fromkeys(p.row.metric for p in every)),
    )


def _parts(
    counting: Sequence[_Piece],
    sums: Sequence[_Piece],
    timed: Sequence[_Piece],
    *,
    by: Callable[[_Piece], str],
    refusing: tuple[npt.NDArray[np.bool_], float] | None,
) -> dict[str, Flow]:
    groups: dict[str, tuple[list[_Piece], list[_Piece], list[_Piece]]] = defaultdict(lambda: ([], [], []))
    for n, pieces in enumerate((counting, sums, timed)):
        for piece in pieces:
            groups[by(piece)][n].append(piece)
    return {key: _flow(*group, deep=False, refusing=refusing) for key, group in sorted(groups.items()) if any(group)}


def _route(piece: _Piece) -> str:
    own = piece.row.own
    return " ".join(
        value
        for name, value in sorted(own.items())
        if name != piece.status and name not in words_for.NO_ROUTE and name not in words_for.INSTANCE_LABELS
    )


def _codes(counting: Iterable[_Piece]) -> dict[str, Series]:
    by_code: dict[str, list[Series]] = defaultdict(list)
    for piece in counting:
        if piece.status:
            by_code[piece.row.own.get(piece.status, "")].append(piece.row.signal)
    return {code: total_of(series) for code, series in sorted(by_code.items())}
