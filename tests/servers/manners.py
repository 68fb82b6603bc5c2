"""What a server should not do, one line each: `MANNERS` are tried on the command (docs/manners.md is made of them)."""
# ruff: noqa: E501

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.servers.misbehaving import Exchange
from tests.servers.small_estate import RULE, behave_properly, proper

Behaviour = Callable[[Exchange], None]
ENDPOINTS: Final = (
    "ready",
    "time",
    "count",
    "raw",
    "vector",
    "range",
    "labels",
    "names",
    "series",
    "metadata",
    "rules",
    "build",
)
"""What an exchange can be about; `api` is all but `ready`, `instant` is time, count, raw and vector."""


@dataclass(frozen=True, slots=True)
class Manner:
    """One way of misbehaving."""

    says: str
    """In a few words, for the table."""
    behave: Behaviour
    heavy: bool = False
    """It is about memory: tried in a process of its own with an address space of 2 GiB."""


def about(exchange: Exchange) -> str:
    """Which of `ENDPOINTS` an exchange is."""
    path = exchange.path
    if path == "/-/ready":
        return "ready"
    if path.endswith("/query"):
        asked = exchange.form.get("query") or exchange.query.get("query", [""])[0]
        return (
            "time"
            if asked == "time()"
            else "count"
            if asked.startswith("count(")
            else "raw"
            if asked.endswith("]")
            else "vector"
        )
    last = path.rsplit("/", 1)[-1]
    return {"query_range": "range", "values": "names", "buildinfo": "build"}.get(last, last)


def _is(wanted: str, exchange: Exchange) -> bool:
    what = about(exchange)
    groups = {"api": what != "ready", "instant": what in ("time", "count", "raw", "vector"), "any": True}
    return groups.get(wanted, what == wanted)


def only(wanted: str, behave: Behaviour) -> Behaviour:
    """So for some exchanges, properly for the others."""
    return lambda exchange: (behave if _is(wanted, exchange) else behave_properly)(exchange)


def body(
    wanted: str, text: str | bytes, *, status: int = 200, kind: str = "application/json", **headers: str
) -> Behaviour:
    """These bytes, whatever is asked."""
    return only(wanted, lambda exchange: exchange.answer(text, status=status, kind=kind, **headers))


def data(wanted: str, value: Any) -> Behaviour:
    """A successful answer with this as its data."""
    return body(wanted, json.dumps({"status": "success", "data": value}))


def edited(wanted: str, change: Callable[[dict[str, Any]], Any]) -> Behaviour:
    """The proper document, changed in place (or replaced by what the change returns)."""

    def behave(exchange: Exchange) -> None:
        document = proper(exchange)
        changed = change(document)
        exchange.answer(json.dumps(document if changed is None else changed))

    return only(wanted, behave)


def written(wanted: str, old: str, new: str) -> Behaviour:
    """The proper text with some of it replaced."""
    return only(wanted, lambda exchange: exchange.answer(json.dumps(proper(exchange)).replace(old, new)))


def headed(wanted: str, *, Date: str) -> Behaviour:  # noqa: N803 - the header's own name
    """The proper answer with another Date."""
    return only(wanted, lambda exchange: exchange.answer(json.dumps(proper(exchange)), Date=Date))


def of_series(wanted: str, change: Callable[[dict[str, Any]], Any]) -> Behaviour:
    """Each series of the proper answer changed in place (or replaced)."""

    def change_all(document: dict[str, Any]) -> None:
        result = document["data"].get("result") if isinstance(document["data"], dict) else None
        if isinstance(result, list) and result and isinstance(result[0], dict):
            document["data"]["result"] = [each if (new := change(each)) is None else new for each in result]

    return edited(wanted, change_all)


def of_samples(wanted: str, change: Callable[[list[Any]], Any]) -> Behaviour:
    """Each [time, value] of the proper answer replaced."""

    def change_series(series: dict[str, Any]) -> None:
        if "value" in series:
            series["value"] = change(series["value"])
        if "values" in series:
            series["values"] = [change(pair) for pair in series["values"]]

    return of_series(wanted, change_series)


def stamp(wanted: str, new: Any) -> Behaviour:
    """Every sample with this time."""
    return of_samples(wanted, lambda pair: [new, pair[1]])


def value(wanted: str, new: Any) -> Behaviour:
    """Every sample with this value."""
    return of_samples(wanted, lambda pair: [pair[0], new])


def rule(**changes: Any) -> Behaviour:
    """The one alerting rule with other fields."""
    return edited("rules", lambda document: document["data"]["groups"][0].update(rules=[{**RULE, **changes}]))


def drip(wanted: str, first: bytes, *, every_s: float) -> Behaviour:
    """A byte now and then, without end."""

    def behave(exchange: Exchange) -> None:
        if first:
            exchange.raw(first)
        else:
            exchange.head(200, Content_Type="application/json")
        while True:
            exchange.raw(b" ")
            time.sleep(every_s)

    return only(wanted, behave)


def endless(wanted: str, head: str, piece: str) -> Behaviour:
    """A body that goes on for ever."""

    def behave(exchange: Exchange) -> None:
        exchange.head(200, Content_Type="application/json")
        exchange.write(head.encode())
        block = (piece * (1 + (1 << 20) // len(piece))).encode()
        while True:
            exchange.write(block)

    return only(wanted, behave)


def cut(wanted: str, share: float) -> Behaviour:
    """A part of the proper answer, with the length of the whole."""

    def behave(exchange: Exchange) -> None:
        whole = json.dumps(proper(exchange)).encode()
        exchange.head(200, Content_Type="application/json", Content_Length=str(len(whole)))
        exchange.write(whole[: int(len(whole) * share)])

    return only(wanted, behave)


def packed(wanted: str, name: str, pack: Callable[[bytes], bytes]) -> Behaviour:
    """The proper answer, packed and said to be packed so."""
    return only(
        wanted,
        lambda exchange: exchange.answer(pack(json.dumps(proper(exchange)).encode()), Content_Encoding=name),
    )


def bomb(wanted: str, size_bytes: int) -> Behaviour:
    """A small gzip body of many blanks inside a JSON document."""
    squeezed = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = squeezed.compress(b'{"status": "success", "data": ') + squeezed.flush(zlib.Z_FULL_FLUSH)
    # A block after a full flush stands for itself and is sent again and again; the sum behind the last is wrong then,
    # and nobody reads so far.
    blanks = squeezed.compress(b" " * (1 << 20)) + squeezed.flush(zlib.Z_FULL_FLUSH)
    content = head + blanks * (size_bytes >> 20) + squeezed.compress(b"{}}") + squeezed.flush()
    return only(wanted, lambda exchange: exchange.answer(content, Content_Encoding="gzip"))


def many(wanted: str, number: int, make: Callable[[int], Any], *, path: str = "result") -> Behaviour:
    """So many elements in the answer's data, sent as they are made."""

    def behave(exchange: Exchange) -> None:
        exchange.head(200, Content_Type="application/json")
        opened = (
            '{"resultType": "%s", "result": [' % ("matrix" if wanted in ("range", "raw") else "vector") if path else "["
        )
        exchange.write(f'{{"status": "success", "data": {opened}'.encode())
        for first in range(0, number, 10_000):
            block = ",".join(json.dumps(make(n)) for n in range(first, min(first + 10_000, number)))
            exchange.write((("," if first else "") + block).encode())
        exchange.write(b"]}}" if path else b"]}")

    return only(wanted, behave)


def redirect(wanted: str, to: str, status: int = 302) -> Behaviour:
    """Go elsewhere."""
    return only(wanted, lambda exchange: exchange.answer("", status=status, Location=to))


def shut(wanted: str) -> Behaviour:
    """Nothing at all: the connection is closed."""
    return only(wanted, lambda exchange: None)


def silent(wanted: str) -> Behaviour:
    """Nothing at all, for long."""
    return only(wanted, lambda exchange: time.sleep(300))


def raw(wanted: str, content: bytes) -> Behaviour:
    """These bytes on the wire."""
    return only(wanted, lambda exchange: exchange.raw(content))


def _series(n: int, **more: str) -> dict[str, Any]:
    return {"metric": {"__name__": "x", "n": str(n), **more}, "value": [time.time(), "1"]}


NAN, INFINITE, HUGE = float("nan"), float("inf"), 10**400
DEEP: Final = '{"status": "success", "data": ' + "[" * 100_000 + "]" * 100_000 + "}"
HOSTILE: Final = "\x1b[31m<script>alert(1)</script>`|\u202e\u2028"
FAR_DATE: Final = "Fri, 31 Dec 9999 23:59:59 GMT"

# One line each, however long: this is a table.
# fmt: off
MANNERS: Final[tuple[Manner, ...]] = (
    # numbers
    Manner("NaN as the value of every count", value("count", "NaN")),
    Manner("Infinity as the value of every count", value("count", "+Inf")),
    Manner("a negative count", value("count", "-7")),
    Manner("a count of 1e300", value("count", "1e300")),
    Manner("a count that is a word", value("count", "many")),
    Manner("a count that is null", value("count", None)),
    Manner("a count that is an object", value("count", {"a": 1})),
    Manner("NaN in every range answer", value("range", "NaN")),
    Manner("infinities in every range answer", value("range", "-Inf")),
    Manner("values at the edge of a double", value("range", "1.7976931348623157e308")),
    Manner("values of 400 digits", value("range", "9" * 400)),
    Manner("values that are numbers, not texts", value("range", 0.25)),
    Manner("values that are words", value("range", "high")),
    Manner("values that are null", value("range", None)),
    Manner("values that are lists", value("range", ["1"])),
    Manner("values that are true", value("range", True)),
    Manner("hexadecimal values", value("range", "0x1p3")),
    Manner("values with underscores", value("range", "1_0")),
    Manner("bare NaN in a range answer", value("range", NAN)),
    Manner("bare Infinity in a range answer", value("range", INFINITE)),
    Manner("a bare integer of 400 digits in a range answer", value("range", HUGE)),
    Manner("bare NaN in an instant answer", value("vector", NAN)),
    Manner("a bare integer of 400 digits in an instant answer", value("vector", HUGE)),
    Manner("bare NaN as status", written("api", '"success"', "NaN")),
    Manner("NaN as the server's time", body("time", '{"status":"success","data":{"resultType":"scalar","result":[1,"NaN"]}}')),
    Manner("infinity as the server's time, without Date", data("time", {"resultType": "scalar", "result": [1, "+Inf"]})),
    Manner("1e300 as the server's time", data("time", {"resultType": "scalar", "result": [1, "1e300"]})),
    Manner("an empty vector as the server's time", data("time", {"resultType": "vector", "result": []})),
    Manner("a text as the server's time", data("time", {"resultType": "string", "result": [1, "noon"]})),
    # stamps
    Manner("instant samples with a stamp of null", stamp("vector", None)),
    Manner("instant samples with a stamp of a word", stamp("vector", "noon")),
    Manner("instant samples with a stamp of 1e300", stamp("vector", 1e300)),
    Manner("raw samples with a stamp of NaN", stamp("raw", NAN)),
    Manner("raw samples with a stamp of 1e300", stamp("raw", 1e300)),
    Manner("raw samples with a stamp of -1e300", stamp("raw", -1e300)),
    Manner("raw samples with a stamp of 400 digits", stamp("raw", HUGE)),
    Manner("raw samples in milliseconds", of_samples("raw", lambda pair: [pair[0] * 1000, pair[1]])),
    Manner("raw samples all at one time", stamp("raw", 1_790_000_000)),
    Manner("raw samples in falling order", of_series("raw", lambda s: s["values"].reverse())),
    Manner("raw samples with values of 1e300", value("raw", "1e300")),
    Manner("raw samples with negative values", value("raw", "-5")),
    Manner("raw samples with values of infinity", value("raw", "+Inf")),
    Manner("range samples with a stamp of null", stamp("range", None)),
    Manner("range samples with a stamp of a word", stamp("range", "noon")),
    Manner("range samples with a stamp of 1e300", stamp("range", 1e300)),
    Manner("range samples with a stamp of 400 digits", stamp("range", HUGE)),
    Manner("range samples with a stamp of bare NaN", stamp("range", NAN)),
    Manner("range samples a year early", of_samples("range", lambda pair: [pair[0] - 31_536_000, pair[1]])),
    Manner("range samples off the grid", of_samples("range", lambda pair: [pair[0] + 7.3, pair[1]])),
    Manner("range samples of one number", of_samples("range", lambda pair: pair[:1])),
    Manner("range samples of three numbers", of_samples("range", lambda pair: [*pair, 1])),
    Manner("range samples that are null", of_samples("range", lambda pair: None)),
    # forms
    Manner("nesting 100,000 deep everywhere", body("api", DEEP)),
    Manner("nesting 100,000 deep in range answers", body("range", DEEP)),
    Manner("nesting 100,000 deep in rules", body("rules", DEEP)),
    Manner("a label nested 100,000 deep", body("range", DEEP.replace('"data": ', '"data": {"resultType": "matrix", "result": [{"metric": ').replace("}", "}]}}"))),
    Manner("a lone surrogate in every label", written("api", '"shop"', '"sh\\ud800op"')),
    Manner("hostile text in every label", written("api", '"shop"', json.dumps(HOSTILE))),
    Manner("a zero byte in every label", written("api", '"shop"', '"sh\\u0000op"')),
    Manner("an empty text as every label", written("api", '"shop"', '""')),
    Manner("the key `metric` twice in every series", written("range", '{"metric":', '{"metric": {"a": "b"}, "metric":')),
    Manner("the key `data` twice", written("api", '"data":', '"data": {}, "data":')),
    Manner("labels that are numbers", of_series("range", lambda s: s.update(metric={"instance": 7}))),
    Manner("labels that are null", of_series("range", lambda s: s.update(metric=None))),
    Manner("labels that are a list", of_series("range", lambda s: s.update(metric=["a"]))),
    Manner("a label whose value is an object", of_series("range", lambda s: s.update(metric={"a": {"b": "c"}}))),
    Manner("a label whose value is null", of_series("instant", lambda s: s["metric"].update(job=None))),
    Manner("labels of instant answers that are a list", of_series("instant", lambda s: s.update(metric=["a"]))),
    Manner("labels of instant answers that are null", of_series("instant", lambda s: s.update(metric=None))),
    Manner("one set of labels for all series", of_series("range", lambda s: s.update(metric={}))),
    Manner("series without values", of_series("range", lambda s: s.pop("values"))),
    Manner("series whose values are an object", of_series("range", lambda s: s.update(values={"a": 1}))),
    Manner("series whose values are a text", of_series("range", lambda s: s.update(values="1,2,3"))),
    Manner("series that are null", of_series("range", lambda s: [])),
    Manner("series that are numbers", of_series("instant", lambda s: 5)),
    Manner("native histograms instead of values", of_series("range", lambda s: s.update(histograms=s.pop("values")))),
    Manner("a scalar where a matrix was asked for", data("range", {"resultType": "scalar", "result": [1, "1"]})),
    Manner("a result that is null", edited("api", lambda d: d["data"].update(result=None) if isinstance(d["data"], dict) else None)),
    Manner("a result that is an object", edited("instant", lambda d: d["data"].update(result={"a": 1}))),
    Manner("a result that is a text", edited("instant", lambda d: d["data"].update(result="none"))),
    Manner("data that are null", data("api", None)),
    Manner("data that are a number", data("api", 5)),
    Manner("data that are a text", data("api", "none")),
    Manner("data that are a list of null", data("api", [None])),
    Manner("no data", body("api", '{"status": "success"}')),
    Manner("no status", edited("api", lambda d: d.pop("status") and None)),
    Manner("status that is an object", edited("api", lambda d: d.update(status={}))),
    Manner("an error that is an object", body("api", '{"status": "error", "errorType": {}, "error": {"a": [1]}}', status=422)),
    Manner("an error with hostile text", body("api", json.dumps({"status": "error", "errorType": "x", "error": HOSTILE}), status=422)),
    Manner("an error in a 200", body("api", '{"status": "error", "errorType": "internal", "error": "no"}')),
    Manner("warnings that are a text", edited("api", lambda d: d.update(warnings="partial"))),
    Manner("warnings that are numbers", edited("api", lambda d: d.update(warnings=[1, None, {}]))),
    Manner("warnings that are a number", edited("api", lambda d: d.update(warnings=7))),
    Manner("a list as the whole answer", body("api", "[1, 2, 3]")),
    Manner("a number as the whole answer", body("api", "42")),
    Manner("null as the whole answer", body("api", "null")),
    Manner("an empty body", body("api", "")),
    Manner("blanks only", body("api", "   \n\n ")),
    Manner("two documents one after the other", body("api", '{"status": "success", "data": {}}{}')),
    Manner("text after the answer", written("range", '"success"', '"success"}x{')),
    Manner("a byte order mark before the answer", only("api", lambda e: e.answer(b"\xef\xbb\xbf" + json.dumps(proper(e)).encode()))),
    Manner("UTF-16", only("api", lambda e: e.answer(json.dumps(proper(e)).encode("utf-16")))),
    Manner("bytes that are no UTF-8 in labels", only("api", lambda e: e.answer(json.dumps(proper(e)).encode().replace(b'"shop"', b'"sh\xff\xfeop"')))),
    Manner("bytes that are no UTF-8 in range labels", only("range", lambda e: e.answer(json.dumps(proper(e)).encode().replace(b'"shop"', b'"sh\xff\xfeop"')))),
    # metadata pages
    Manner("a list of names that is null", data("names", None)),
    Manner("names that are numbers", data("names", [1, 2.5, None, True])),
    Manner("names that are objects", data("names", [{"a": 1}])),
    Manner("names that are an object", data("names", {"up": 1})),
    Manner("names that are a text", data("names", "up")),
    Manner("names that are no names of metrics", data("names", ["a b", "", "{", '"', "\x1b[31m", "9x", "a\nb"])),
    Manner("a list of labels that is null", data("labels", None)),
    Manner("a list of labels that holds numbers", data("labels", [1, None, {"a": 1}])),
    Manner("a list of labels that is a number", data("labels", 5)),
    Manner("metadata that are a list", data("metadata", [1, 2])),
    Manner("metadata whose entries are texts", data("metadata", {"up": "gauge", "x": [None, "gauge"]})),
    Manner("metadata whose fields are numbers", data("metadata", {"http_requests_total": [{"type": 5, "help": None, "unit": []}]})),
    Manner("hostile metadata", data("metadata", {"queue_depth": [{"type": "gauge", "help": HOSTILE, "unit": HOSTILE}]})),
    Manner("a list of series that is an object", data("series", {"a": 1})),
    Manner("series that are texts", data("series", ["up", None, 5])),
    Manner("rules that are a list", data("rules", [1])),
    Manner("rule groups that are null", data("rules", {"groups": None})),
    Manner("rule groups that are texts", data("rules", {"groups": ["a", None, 5]})),
    Manner("rules that are texts", data("rules", {"groups": [{"rules": ["a", None, 5]}]})),
    Manner("a rule without a query", rule(query=None)),
    Manner("a rule whose query is a list", rule(query=[1])),
    Manner("a rule whose duration is a word", rule(duration="long")),
    Manner("a rule whose duration is NaN", rule(duration=NAN)),
    Manner("a rule whose duration is 1e300", rule(duration=1e300)),
    Manner("a rule whose labels are a list", rule(labels=["a"])),
    Manner("a rule with a hostile name", rule(name=HOSTILE)),
    Manner("a rule with a hostile query", rule(query='rate(x{a="' + "\x1b[31m" + "}[")),
    Manner("a rule with brackets 50,000 deep", rule(query="(" * 50_000 + "up" + ")" * 50_000 + " > 1")),
    Manner("a rule of 200,000 characters", rule(query=" or ".join(["queue_depth > 1"] * 12_000))),
    Manner("a rule with a threshold of 1e999", rule(query="queue_depth > 1e999")),
    Manner("build information that is a list", data("build", [1])),
    Manner("a version of 5,000 digits", data("build", {"version": "9" * 5000, "revision": "x"})),
    Manner("a version that is null", data("build", {"version": None, "revision": "x"})),
    # headers
    Manner("a Date in the year 9999", headed("any", Date=FAR_DATE)),
    Manner("a Date in the year 1", headed("any", Date="Mon, 01 Jan 0001 00:00:00 GMT")),
    Manner("a Date of 1900", headed("any", Date="Mon, 01 Jan 1900 00:00:00 GMT")),
    Manner("a Date with an impossible offset", headed("any", Date="Mon, 01 Jan 2026 00:00:00 +9999")),
    Manner("a Date that is a word", headed("any", Date="yesterday")),
    Manner("429 with a Retry-After in the year 9999", body("api", "", status=429, Retry_After=FAR_DATE)),
    Manner("429 with a Retry-After of 400 digits", body("api", "", status=429, Retry_After="9" * 400)),
    Manner("429 with a Retry-After of superscript digits", body("api", "", status=429, Retry_After="²³")),
    Manner("429 with a hostile Retry-After", body("api", "", status=429, Retry_After="\x1b[31m7")),
    Manner("503 with a Retry-After of a day", body("api", "", status=503, Retry_After="86400")),
    Manner("a redirect to another host", redirect("any", "http://127.0.0.2:1/login")),
    Manner("a redirect with hostile text", redirect("any", "http://h/\x1b[31m<script>?token=s3cret-value")),
    Manner("redirects in a circle", redirect("any", "/api/v1/query")),
    Manner("metadata redirected to another host", redirect("names", "http://127.0.0.2:1/api/v1/label/__name__/values")),
    Manner("labels redirected in a circle", redirect("labels", "/api/v1/labels", 307)),
    Manner("a login page", body("api", "<html>sign in</html>", kind="text/html")),
    Manner("a web page as JSON", body("api", "<html>sign in</html>")),
    Manner("JSON said to be a picture", body("api", '{"status": "success", "data": {}}', kind="image/png")),
    Manner("an unknown status", body("api", "teapot", status=418, kind="text/plain")),
    Manner("401 with hostile words", body("api", HOSTILE, status=401, kind="text/plain")),
    Manner("403 everywhere", body("api", "no", status=403, kind="text/plain")),
    Manner("404 everywhere", body("api", "no", status=404, kind="text/plain")),
    Manner("500 with a megabyte of words", body("api", "words " * 180_000, status=500, kind="text/plain")),
    Manner("502 everywhere", body("api", "bad gateway", status=502, kind="text/plain")),
    Manner("503 for range queries", body("range", "busy", status=503, kind="text/plain")),
    Manner("204 without a body", body("api", "", status=204)),
    Manner("an encoding that is not known", packed("api", "br", lambda raw: raw)),
    Manner("gzip that is none", packed("api", "gzip", lambda raw: raw)),
    Manner("gzip cut in the middle", packed("api", "gzip", lambda raw: gzip.compress(raw)[:-20])),
    Manner("gzip said twice", packed("api", "gzip, gzip", lambda raw: gzip.compress(gzip.compress(raw)))),
    Manner("deflate that is none", packed("range", "deflate", lambda raw: raw)),
    Manner("zstd that is none", packed("range", "zstd", lambda raw: raw)),
    # the wire
    Manner("the connection closed at once", shut("any")),
    Manner("the connection closed at range queries", shut("range")),
    Manner("no HTTP", raw("any", b"SSH-2.0-OpenSSH_9.6\r\n")),
    Manner("a status line that is no number", raw("any", b"HTTP/1.1 OK\r\n\r\n")),
    Manner("a header without end", raw("any", b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200_000 + b"\r\n\r\n{}")),
    Manner("2,000 headers", raw("any", b"HTTP/1.1 200 OK\r\n" + b"X-More: 1\r\n" * 2000 + b"\r\n{}")),
    Manner("a negative length", raw("any", b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\nContent-Type: application/json\r\n\r\n{}")),
    Manner("a length that is a word", raw("any", b"HTTP/1.1 200 OK\r\nContent-Length: five\r\nContent-Type: application/json\r\n\r\n{}")),
    Manner("a chunk whose size is a word", raw("any", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nzz\r\n{}\r\n")),
    Manner("a chunk of 2^60 bytes", raw("api", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nfffffffffffffff\r\n{}")),
    Manner("half of every answer", cut("api", 0.5)),
    Manner("half of every range answer", cut("range", 0.5)),
    Manner("all of every range answer but a byte", cut("range", 0.999)),
    Manner("silence", silent("any")),
    Manner("silence at range queries", silent("range")),
    Manner("silence at rules", silent("rules")),
    Manner("headers that drip", drip("any", b"HTTP/1.1 200 OK\r\nX-Slow: ", every_s=0.3)),
    Manner("bodies that drip", drip("api", b"", every_s=0.3)),
    Manner("range answers that drip", drip("range", b"", every_s=0.3)),
    # size
    Manner("a gzip body that unpacks to 4 GiB", bomb("api", 4 << 30), heavy=True),
    Manner("a range answer that unpacks to 4 GiB", bomb("range", 4 << 30), heavy=True),
    Manner("an endless text", endless("api", '{"status": "', "x"), heavy=True),
    Manner("an endless range answer", endless("range", '{"status": "success", "data": {"result": [', '{"metric":{},"values":[]},'), heavy=True),
    Manner("an endless label", endless("range", '{"status": "success", "data": {"result": [{"metric": {"a": "', "x"), heavy=True),
    Manner("an endless list of names", endless("names", '{"status": "success", "data": [', '"name_of_a_metric",'), heavy=True),
    Manner("2,000,000 series in an instant answer", many("vector", 2_000_000, _series), heavy=True),
    Manner("2,000,000 names", many("names", 2_000_000, lambda n: f"metric_{n}", path=""), heavy=True),
    Manner("200,000 series in every range answer", many("range", 200_000, lambda n: {"metric": {"n": str(n)}, "values": [[time.time(), "1"]]}), heavy=True),
    Manner("a label of 10 MB in every answer", of_series("api", lambda s: s["metric"].update(instance="x" * 10_000_000)), heavy=True),
    Manner("5,000 labels on every series", of_series("api", lambda s: s["metric"].update({f"label_{n}": "x" for n in range(5000)})), heavy=True),
    Manner("20,000 rules", edited("rules", lambda d: d["data"]["groups"][0].update(rules=d["data"]["groups"][0]["rules"] * 20_000)), heavy=True),
)
# fmt: on
