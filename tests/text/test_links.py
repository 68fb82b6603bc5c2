"""Links to the reader's own tools: right, and never a way for text from outside to run or to leak."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconstruct.model import Query
from reconstruct.text.links import Links, web_url

START = pd.Timestamp("2026-11-17T12:45:00Z")
NASTY = 'sum by (a) (rate(x{b=~"c|d&e#f%20"}[5m])) > 0.5 # "</script>é\ud83d'


def asked(text: str) -> Query:
    return Query("q1", "http/errors", text, START, START + pd.Timedelta("3h"), 15.0, 2)


def test_the_graph_page_gets_the_query_and_its_range() -> None:
    url = Links("http://prom.example:9090/prefix/").graph(asked(NASTY))
    parts = urlsplit(url)
    fields = {key: values[0] for key, values in parse_qs(parts.query).items()}
    assert (parts.netloc, parts.path) == ("prom.example:9090", "/prefix/graph")
    assert fields["g0.expr"] == NASTY.replace("\ud83d", "?")
    assert fields["g0.range_input"] == "10800s"
    assert fields["g0.end_input"] == "2026-11-17 15:45:00"
    assert fields["g0.step_input"] == "15"


def test_grafana_explore_gets_the_query_its_range_and_the_data_source() -> None:
    url = Links(grafana_url="https://grafana.example", grafana_datasource="uid1").explore(asked(NASTY))
    (pane,) = json.loads(parse_qs(urlsplit(url).query)["panes"][0]).values()
    assert pane["datasource"] == pane["queries"][0]["datasource"]["uid"] == "uid1"
    assert pane["queries"][0]["expr"].startswith("sum by (a)")
    assert pane["range"] == {"from": "1794919500000", "to": "1794930300000"}


def test_without_an_address_there_is_no_link() -> None:
    assert Links().graph(asked("up")) == ""
    assert Links(grafana_url="https://g.example").explore(asked("up")) == ""
    assert Links(grafana_datasource="uid1").explore(asked("up")) == ""


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//evil",
        "",
        "http://",
        "http://[::1",
    ],
)
def test_what_is_no_web_address_is_no_link(url: str) -> None:
    assert web_url(url) == ""


def test_credentials_never_reach_a_link() -> None:
    assert web_url("https://user:secret@ci.example:8443/run?x=1#y") == "https://ci.example:8443/run?x=1#y"


@given(path=st.text(max_size=40))
def test_no_address_can_end_the_link_it_stands_in(path: str) -> None:
    url = web_url("https://ci.example/" + path)
    assert not set(url) & set("<>\"'`()[]{}|\\ \n\t")
    url.encode("ascii")
