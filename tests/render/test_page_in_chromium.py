"""report.html in a real browser, opened from disk: it runs, filters, switches zones, and lets nothing through."""

from __future__ import annotations

import base64
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconstruct.charts.image import ChartImage
from reconstruct.model import Incident
from reconstruct.render.page import to_page
from reconstruct.text.escape import plain
from reconstruct.text.links import Links
from tests.incidents.recorded import incident as incident_recorded
from tests.render import stories as made
from tests.render.hostile_evidence import hostile_incident
from tests.render.stories import classic

pytestmark = pytest.mark.browser

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--window-size=1280,900"),
)
ONE_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
CHARTS = (
    ChartImage("overview", "Overview", "what happened", png=ONE_PIXEL),
    ChartImage("http-latency-p95", "Latency", "p95 rose", png=ONE_PIXEL, signal="http/latency-p95"),
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if CHROMIUM is None or DRIVER is None:
        if os.environ.get("RECONSTRUCT_REQUIRE_SERVERS") == "1":
            pytest.fail("chromium and chromedriver are required here: apt-get install chromium chromium-driver")
        pytest.skip("chromium and chromedriver are not installed")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chromium = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    chromium.set_page_load_timeout(300)
    chromium.set_script_timeout(300)
    chromium.set_script_timeout(30)
    yield chromium
    chromium.quit()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Callable[[Incident], Any]]:
    """Open an incident's page from disk; afterwards the console must be empty and nothing may have been fetched."""

    def open_page(incident: Incident) -> Any:
        path = tmp_path / "report.html"
        path.write_text(to_page(incident, charts=CHARTS, links=Links("http://127.0.0.1:1")), encoding="utf-8")
        browser.get(path.as_uri())
        return browser

    yield open_page
    assert browser.get_log("browser") == []
    assert (
        browser.execute_script(
            "return performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:')).map(e => e.name)"
        )
        == []
    )


def visible(browser: Any) -> list[str]:
    return list(
        browser.execute_script("return [...document.querySelectorAll('.entry')].filter(e => !e.hidden).map(e => e.id)")
    )


def choose(browser: Any, selector: str, value: str, *, event: str = "input") -> None:
    browser.execute_script(
        "const n = document.querySelector(arguments[0]); n.value = arguments[1];"
        "n.dispatchEvent(new Event(arguments[2], {bubbles: true}));",
        selector,
        value,
        event,
    )


@pytest.mark.parametrize("story", [classic, made.ongoing, made.quiet, made.hostile, made.fortnight, made.many_series])
def test_every_story_opens_without_a_word_on_the_console(
    story: Callable[[], Incident], opened: Callable[[Incident], Any]
) -> None:
    browser = opened(story())
    assert browser.execute_script("return document.documentElement.classList.contains('js')")
    assert browser.execute_script("return [...document.images].every(i => i.complete && i.naturalWidth > 0)")
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth"), "no sideways scrolling"


def test_hostile_names_run_nothing_and_are_shown(opened: Callable[[Incident], Any]) -> None:
    incident = made.hostile()
    browser = opened(incident)  # an alert() would make the next call fail
    titles = browser.execute_script("return [...document.querySelectorAll('.entry .title')].map(n => n.textContent)")
    assert titles == [plain(str(e.facts["title"]) or e.kind) for e in incident.timeline]
    assert browser.execute_script("return document.querySelectorAll('main script, main iframe').length") == 0
    assert browser.execute_script("return document.images.length") == 2


def test_two_hundred_payloads_in_every_field_act_nowhere(opened: Callable[[Incident], Any]) -> None:
    """An alert() would make the next call fail; what the policy stopped, or was fetched, `opened` finds afterwards."""
    browser = opened(hostile_incident())
    browser.execute_async_script("document.querySelector('#expand').click(); setTimeout(arguments[0], 1000)")
    assert browser.execute_script("return window.ran === undefined && document.title.length > 0")
    assert browser.execute_script("return document.querySelectorAll('main script, main iframe, main form').length") <= 1
    schemes = browser.execute_script(
        "return [...document.querySelectorAll('a[href]')]"
        ".map(a => new URL(a.getAttribute('href'), document.baseURI).protocol)"
    )
    assert set(schemes) <= {"file:", "http:", "https:"}
    written = "return [...document.querySelectorAll('*')].flatMap(n => n.getAttributeNames())"
    assert not [name for name in browser.execute_script(written) if name.startswith("on")]


def test_the_policy_stops_what_an_escape_would_have_let_through(opened: Callable[[Incident], Any]) -> None:
    browser = opened(classic())
    ran = browser.execute_async_script(
        "const done = arguments[0]; const blocked = [];"
        "document.addEventListener('securitypolicyviolation', e => blocked.push(e.effectiveDirective));"
        "document.querySelector('main').insertAdjacentHTML('beforeend',"
        ' \'<img src=x onerror="window.ran=1"><b style="color:red">x</b><iframe src="https://127.0.0.1:1/"></iframe>\');'
        "const s = document.createElement('script'); s.textContent = 'window.ran=1'; document.body.append(s);"
        "const told = n => { const all = [...new Set(blocked)].sort();"
        " all.length < 5 && n < 200 ? setTimeout(told, 100, n + 1) : done([window.ran || 0, all]); }; told(0);"
    )
    assert ran == [0, ["frame-src", "img-src", "script-src-attr", "script-src-elem", "style-src-attr"]]
    assert browser.get_log("browser"), "the blocked attempts are on the console"
    browser.get("about:blank")


def test_filters_by_kind_service_and_word(opened: Callable[[Incident], Any]) -> None:
    incident = classic()
    browser = opened(incident)
    everything = [entry.id for entry in incident.timeline]
    assert visible(browser) == everything
    browser.execute_script("document.querySelector('input[value=change]').click()")
    assert visible(browser) == [entry.id for entry in incident.timeline if entry.kind != "change"]
    choose(browser, "select[name=service]", "shop")
    want = [e.id for e in incident.timeline if e.kind != "change" and e.service.name == "shop"]
    assert visible(browser) == want
    assert browser.execute_script("return document.querySelector('#shown').value") == f"{len(want)} of 14 lines"
    marks = browser.execute_script("return [...document.querySelectorAll('.mark:not(.off)')].map(m => m.dataset.mark)")
    assert sorted(marks) == sorted(want), "the strip shows the same lines"
    choose(browser, "input[name=find]", "  PROBEFAILED ")
    assert visible(browser) == [e.id for e in incident.timeline if e.facts["title"] == "ProbeFailed fires"]
    choose(browser, "input[name=find]", "nothing has this")
    assert visible(browser) == []
    assert browser.execute_script("return !document.querySelector('#nothing').hidden")
    browser.execute_async_script("document.querySelector('[type=reset]').click(); setTimeout(arguments[0], 50)")
    assert visible(browser) == everything


def test_details_are_hidden_until_the_switch_is_set(opened: Callable[[Incident], Any]) -> None:
    story = classic()
    timeline = tuple(replace(e, level="detail") if e.kind == "peak" else e for e in story.timeline)
    browser = opened(replace(story, timeline=timeline))
    key = [entry.id for entry in timeline if entry.level == "key"]
    assert visible(browser) == key
    browser.execute_script("document.querySelector('input[name=details]').click()")
    assert visible(browser) == [entry.id for entry in timeline]


def test_times_inside_sentences_follow_the_zone(opened: Callable[[Incident], Any]) -> None:
    browser = opened(incident_recorded("00-seed"))
    told = "return document.querySelector('.lead').textContent"
    assert "From 13:55:45" in browser.execute_script(told)
    browser.execute_script("document.querySelector('#zone').add(new Option('x', 'Asia/Kolkata'))")
    choose(browser, "#zone", "Asia/Kolkata", event="change")
    assert "From 19:25:45" in browser.execute_script(told)
    hint = browser.execute_script("return document.querySelector('.says').textContent")
    assert "19:25:30" in hint
    assert "13:55:30" not in hint


@pytest.mark.parametrize("story", [classic, made.hostile, made.many_series])
def test_on_a_phone_nothing_makes_the_page_wider_than_the_screen(
    browser: Any, opened: Callable[[Incident], Any], story: Callable[[], Incident]
) -> None:
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        opened(story())
        wide = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wide == [360, 360]


def test_an_opened_line_shows_its_chart_and_its_query(opened: Callable[[Incident], Any]) -> None:
    incident = classic()
    browser = opened(incident)
    (onset,) = (entry for entry in incident.timeline if entry.kind == "onset")
    found = browser.execute_async_script(
        "const d = document.querySelector(`#${arguments[0]} details`), done = arguments[1];"
        "d.querySelector('summary').click();"
        "setTimeout(() => done([d.open, [...d.querySelectorAll('.slot pre')].map(p => p.textContent),"
        " [...d.querySelectorAll('.slot img')].map(i => i.alt)]), 100);",
        onset.id,
    )
    anomaly = next(a for a in incident.anomalies if a.id == onset.evidence[0])
    query = next(q for q in incident.evidence.queries if q.id == anomaly.query)
    assert found == [True, [query.query], ["p95 rose"]]


def test_it_works_by_keyboard_alone(opened: Callable[[Incident], Any]) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    browser = opened(classic())
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("class") == "skip"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.execute_script("return location.hash") == "#timeline"
    summary = browser.find_element(By.CSS_SELECTOR, "#t1 summary")
    browser.execute_script("arguments[0].focus()", summary)
    summary.send_keys(Keys.ENTER)
    assert browser.execute_script("return document.querySelector('#t1 details').open")
    strays = browser.execute_script(
        "return [...document.querySelectorAll('[aria-hidden=true] a, [aria-hidden=true] button')]"
        ".filter(n => n.tabIndex >= 0).length"
    )
    assert strays == 0, "what a screen reader does not see takes no focus"


def test_controls_pictures_and_sections_have_names(browser: Any, opened: Callable[[Incident], Any]) -> None:
    opened(classic())
    nameless = browser.execute_script(
        "return [...document.querySelectorAll('button, select, input, a[href], img, [role=img], section, nav, aside')]"
        ".filter(n => !n.closest('[aria-hidden=true]'))"
        ".filter(n => !(n.textContent.trim() || n.alt || n.getAttribute('aria-label')"
        " || (n.labels && n.labels[0] && n.labels[0].textContent.trim()))).map(n => n.outerHTML.slice(0, 80))"
    )
    assert nameless == []
    levels = browser.execute_script("return [...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))


def test_times_switch_between_utc_and_another_zone(browser: Any, opened: Callable[[Incident], Any]) -> None:
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Kolkata"})
    try:
        opened(classic())

        def first() -> str:
            return str(browser.execute_script("return document.querySelector('#t3 time').textContent"))

        assert first() == "13:55:30"
        # Browsers call it Kolkata or, by its older name, Calcutta.
        local = browser.execute_script("return document.querySelectorAll('#zone option')[1].value")
        choose(browser, "#zone", local, event="change")
        assert first() == "19:25:30"
        assert browser.execute_script("return document.querySelector('#zone-name').textContent") == local
        assert browser.execute_script("return document.querySelector('[data-tick]').textContent") == "18:30"
        choose(browser, "#zone", "UTC", event="change")
        assert first() == "13:55:30"
    finally:
        browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


def test_a_zone_that_crosses_midnight_shows_dates(browser: Any, opened: Callable[[Incident], Any]) -> None:
    browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Pacific/Auckland"})
    try:
        opened(made.fortnight())
        choose(browser, "#zone", "Pacific/Auckland", event="change")
        assert browser.execute_script("return document.querySelector('#t1 time').textContent").startswith("2026-11-")
        opened(classic())
        choose(browser, "#zone", "Pacific/Auckland", event="change")
        assert browser.execute_script("return document.querySelector('#t1 time').textContent") == "02:31:00"
    finally:
        browser.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})


def test_500_lines_stay_usable(opened: Callable[[Incident], Any]) -> None:
    browser = opened(made.many_entries(500))
    assert len(visible(browser)) == 500
    choose(browser, "input[name=find]", "recovery")
    assert 0 < len(visible(browser)) < 500
    choose(browser, "input[name=find]", "")
    opened_lines = browser.execute_async_script(
        "document.querySelector('#expand').click();"
        "const done = arguments[0], opened = () => document.querySelectorAll('.entry details[open]').length;"
        "const wait = () => opened() < 500 ? setTimeout(wait, 20) : done(opened()); wait()"
    )
    assert opened_lines == 500


def test_paper_has_every_line_that_is_shown_and_neither_queries_nor_single_charts(
    browser: Any, opened: Callable[[Incident], Any]
) -> None:
    opened(classic())
    pdf = base64.b64decode(browser.print_page())
    assert pdf.startswith(b"%PDF")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        shown = browser.execute_script(
            "const seen = s => [...document.querySelectorAll(s)].filter(n => n.checkVisibility()).length;"
            "return [seen('.entry'), seen('.query'), seen('#charts figure'), seen('.filters'), seen('.bar')]"
        )
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert shown == [14, 0, 0, 0, 0]


def test_a_link_to_a_line_opens_it_even_when_it_is_filtered_out(opened: Callable[[Incident], Any]) -> None:
    browser = opened(classic())
    choose(browser, "input[name=find]", "nothing has this")
    state = browser.execute_async_script(
        "const done = arguments[0], line = document.querySelector('#t4');"
        "const state = () => [line.hidden, line.querySelector('details').open];"
        "const wait = () => state().join() === 'false,true' ? done(state()) : setTimeout(wait, 20);"
        "location.hash = '#t4'; wait()"
    )
    assert state == [False, True]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_background(browser: Any, opened: Callable[[Incident], Any], theme: str) -> None:
    """WCAG AA: at least 4.5 to 1 for every text on the page."""
    opened(classic())
    choose(browser, "#theme", theme, event="change")
    weakest = browser.execute_script(
        """
        const rgb = c => c.match(/[\\d.]+/g).map(Number);
        const light = c => rgb(c).slice(0, 3).map(v => v / 255)
          .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
          .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
        const behind = n => { for (; n; n = n.parentElement) {
          const c = getComputedStyle(n).backgroundColor; if ((rgb(c)[3] ?? 1) > 0) return c; }
          return "rgb(255,255,255)"; };
        return [...document.querySelectorAll("body *:not(script):not(style):not(noscript):not(option)")]
          .filter(n => n.checkVisibility() && [...n.childNodes].some(c => c.nodeType === 3 && c.data.trim()))
          .map(n => { const style = getComputedStyle(n);
            const a = light(n instanceof SVGElement ? style.fill : style.color), b = light(behind(n));
            return [(Math.max(a, b) + .05) / (Math.min(a, b) + .05), n.outerHTML.slice(0, 80)]; })
          .sort((x, y) => x[0] - y[0])[0]
        """
    )
    assert weakest[0] >= 4.5, weakest
