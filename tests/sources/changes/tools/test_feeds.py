from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from reconstruct.errors import UsageError
from reconstruct.sources.changes.registry import read_source
from reconstruct.sources.result import SourceResult
from tests.sources.changes.reading import WINDOW

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Acme Status - Incident History</title>
<pubDate>Wed, 18 Nov 2026 08:00:00 +0000</pubDate>
<item><title>Checkout is slow</title><description>&lt;p&gt;by Mona&lt;/p&gt;</description>
<pubDate>Tue, 17 Nov 2026 15:05:00 +0100</pubDate><link>https://status.example/1</link><guid>1</guid></item>
<item><title>no time</title></item></channel></rss>"""
RELEASES = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-US"><id>tag:github.com,2008:https://github.com/acme/shop/releases</id>
<title>Release notes from shop</title><updated>2026-11-17T13:55:30Z</updated>
<entry><id>tag:github.com,2008:Repository/1/v2.20.0</id><updated>2026-11-17T13:55:30Z</updated>
<link rel="alternate" type="text/html" href="https://github.com/acme/shop/releases/tag/v2.20.0"/><title>v2.20.0</title>
<content type="html">x</content><author><name>mona</name></author></entry></feed>"""


def feed(tmp_path: Path, text: str) -> SourceResult:
    path = tmp_path / "history.xml"
    path.write_text(text, encoding="utf-8")
    return read_source(str(path), window=WINDOW)


def test_an_entry_of_a_status_page_is_a_note_when_it_was_published(tmp_path: Path) -> None:
    told = feed(tmp_path, RSS)
    (event,) = told.events
    assert (event.time, event.kind) == (pd.Timestamp("2026-11-17T14:05:00Z"), "note")
    assert event.title == "Acme Status - Incident History: Checkout is slow"
    assert [gap.missing for gap in told.gaps] == ["entry 2"]
    assert "Mona" not in repr(told)


def test_a_feed_of_releases_tells_releases(tmp_path: Path) -> None:
    (event,) = feed(tmp_path, RELEASES).events
    assert (event.time, event.kind) == (pd.Timestamp("2026-11-17T13:55:30Z"), "deploy")
    assert (event.service.name, event.version, event.title) == ("shop", "2.20.0", "deploy shop 2.20.0")
    assert "mona" not in repr(event)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<html><body>not found</body></html>", "XML or HTML"),
        ('<?xml version="1.0"?><testsuite/>', "XML or HTML"),
        ('<rss version="2.0"><channel><item>', "no XML that can be read"),
        ('<feed><!ENTITY a "aaaa"><entry/></feed>', "defines entities"),
    ],
)
def test_what_is_no_feed_is_refused_with_what_to_do(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        feed(tmp_path, text)
