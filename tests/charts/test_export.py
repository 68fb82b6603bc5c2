"""Pictures as files: small, the same every time, with text as text and their alt text inside."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from PIL import Image

from reconstruct.charts.catalogue import charts_for, dark_twin, overview, picture_bytes, save, signal_chart
from reconstruct.charts.export import MAX_BYTES
from reconstruct.charts.theme import DARK, LIGHT, Theme
from tests.charts.chart_reading import drawn
from tests.render import stories as made
from tests.render.incident_factory import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"


def words_of(svg: bytes) -> list[str]:
    return ["".join(element.itertext()) for element in ET.fromstring(svg).iter(f"{SVG}text")]


def noise(*, lines: int = 0, pixels: int = 0) -> Figure:
    """A figure that no compression makes small: random lines, or a random image."""
    figure = Figure(figsize=(10, 8))
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    rng = np.random.default_rng(1)
    if pixels:
        ax.imshow(rng.random((pixels, pixels, 3)), aspect="auto")
    x = np.linspace(0, 1, 1500)
    for _ in range(lines):
        ax.add_collection(LineCollection([np.column_stack([x, rng.random(1500)])], linewidths=0.3), autolim=False)
    return figure


@pytest.mark.parametrize(
    ("name", "fmt"), [("hostile", "png"), ("many_entries", "png"), ("many_entries", "svg"), ("fortnight", "svg")]
)
def test_overviews_are_below_a_megabyte(name: str, fmt: str) -> None:
    content = picture_bytes(drawn(name), fmt="svg" if fmt == "svg" else "png")

    assert 5_000 < len(content) < MAX_BYTES


def test_two_thousand_series_are_below_a_megabyte_and_one_image_inside_an_svg() -> None:
    figure = signal_chart(made.many_series(), "http/latency-p95")

    svg = picture_bytes(figure, fmt="svg")

    assert len(picture_bytes(figure)) < MAX_BYTES
    assert len(svg) < MAX_BYTES
    assert b"data:image/png;base64" in svg
    assert "1,960 not affected" in words_of(svg)


def test_a_png_that_would_be_too_large_has_fewer_pixels() -> None:
    content = picture_bytes(noise(pixels=900))

    assert len(content) < MAX_BYTES
    assert Image.open(io.BytesIO(content)).width < 1600


def test_an_svg_that_would_be_too_large_has_its_series_as_an_image() -> None:
    figure = noise(lines=60)

    content = picture_bytes(figure, fmt="svg")

    assert len(content) < MAX_BYTES
    assert b"data:image/png;base64" in content
    assert not any(c.get_rasterized() for c in figure.findobj(LineCollection)), "the figure is left as it was"


def test_a_png_is_wide_enough_to_be_read_at_half_size() -> None:
    assert Image.open(io.BytesIO(picture_bytes(drawn("classic")))).width == 1600


def test_the_same_incident_gives_the_same_bytes_in_another_process() -> None:
    program = (
        "import hashlib\n"
        "from tests.render.stories import forty_minutes\n"
        "from reconstruct.charts.catalogue import charts_for, picture_bytes\n"
        "for chart in charts_for(forty_minutes())[:1]:\n"
        "    for fmt in ('png', 'svg'):\n"
        "        content = picture_bytes(chart.build(), fmt=fmt, title=chart.title, alt=chart.alt)\n"
        "        print(hashlib.sha256(content).hexdigest())\n"
    )
    root = Path(__file__).parents[2]

    other = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True, timeout=600
    )

    ours = [
        hashlib.sha256(picture_bytes(chart.build(), fmt=fmt, title=chart.title, alt=chart.alt)).hexdigest()
        for chart in charts_for(made.forty_minutes())[:1]
        for fmt in ("png", "svg")
    ]
    assert other.stdout.split() == ours


def test_drawing_leaves_the_callers_style_alone_and_does_not_take_it() -> None:
    usual = picture_bytes(overview(made.forty_minutes()), fmt="svg")
    with mpl.rc_context({"lines.linewidth": 9, "axes.facecolor": "pink", "font.size": 30, "xtick.minor.visible": True}):
        before = dict(mpl.rcParams)
        styled = picture_bytes(overview(made.forty_minutes()), fmt="svg")
        after = dict(mpl.rcParams)

    assert styled == usual
    assert {k: v for k, v in after.items() if str(v) != str(before[k])} == {}


def test_files_carry_their_title_and_alt_text_and_no_date_or_version() -> None:
    figure = drawn("quiet")

    png = Image.open(io.BytesIO(picture_bytes(figure, title="A title", alt="What it says — “exactly”")))
    svg = picture_bytes(figure, fmt="svg", title="A title", alt="What it says <&>")

    assert png.info["Title"] == "A title"
    assert png.info["Description"] == "What it says — “exactly”"
    assert "Software" not in png.info
    assert ET.fromstring(svg).findtext(f"{SVG}title") == "A title"
    assert b"What it says &lt;&amp;&gt;" in svg
    assert b"atplotlib v" not in svg
    assert not re.search(rb"<dc:date>", svg)


def test_hostile_text_stays_text_in_an_svg() -> None:
    svg = picture_bytes(drawn("hostile"), fmt="svg", title="\x00\x1b[31m ]]> &", alt="\ud83d <script>")

    root = ET.fromstring(svg)
    said = " ".join(words_of(svg))
    assert not list(root.iter(f"{SVG}script"))
    assert HOSTILE["maths"] in said, "mathematics is not interpreted"
    assert "<script>alert(1)" in said
    assert "javascript" not in svg.decode().replace(said, "").split("<text")[0]


def test_text_in_an_svg_is_text_in_a_font_that_everybody_has() -> None:
    svg = picture_bytes(drawn("classic"), fmt="svg")

    assert "Request latency, 95th percentile" in words_of(svg)
    assert b"DejaVu Sans" in svg
    assert b"sans-serif" in svg


def test_the_dark_twin_has_the_dark_colours_and_the_same_words() -> None:
    light = picture_bytes(signal_chart(made.classic(), "http/latency-p95"), fmt="svg")

    dark = dark_twin(light)

    assert words_of(dark) == words_of(light)
    for colour in (DARK.paper, DARK.ink, DARK.series[0], DARK.shade):
        assert colour.encode() in dark
    used = set(re.findall(rb"(?:fill|stroke): (#[0-9a-f]{6})", dark))
    assert not used & {c.encode() for c in (LIGHT.paper, LIGHT.ink, LIGHT.shade, LIGHT.affected)}


def test_the_dark_twin_leaves_text_that_looks_like_a_colour() -> None:
    assert dark_twin(b'<text style="fill: #ffffff">fill: #ffffff</text>').endswith(b">fill: #ffffff</text>")


def test_save_takes_the_format_from_the_suffix(tmp_path: Path) -> None:
    figure = drawn("forty_minutes")

    assert save(figure, tmp_path / "a.SVG").read_bytes().startswith(b"<?xml")
    assert save(figure, tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")
    assert save(figure, tmp_path / "c", fmt="png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="gif"):
        save(figure, tmp_path / "d.gif")


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_lines_have_enough_contrast(theme: Theme) -> None:
    for ground in (theme.paper, theme.lane):
        for text in (theme.ink, theme.soft, theme.onset, theme.detected, theme.mitigated, theme.recovered):
            assert contrast(text, ground) >= 4.5, (text, ground)
        for line in (theme.healthy, theme.affected, theme.change, theme.firing, theme.gap, *theme.series):
            assert contrast(line, ground) >= 3.0, (line, ground)
    for line in (theme.affected, *theme.series):
        assert contrast(line, theme.shade) >= 3.0, line
