"""Read folders of packs into a Catalogue: strictly, with file and line in every complaint."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, get_args

from reconstruct.config.document import (
    Marked,
    entries,
    fields,
    items,
    number,
    one_of,
    read_marked,
    some_of,
    text,
    texts,
)
from reconstruct.errors import UsageError
from reconstruct.model import ASPECTS, LAYERS, PACK_TAGS, Worse
from reconstruct.packs.catalogue import Catalogue, Conventions, Pack, Place, Template, Variant
from reconstruct.packs.conventions_file import merge_conventions, read_conventions
from reconstruct.packs.expression import macros, substitute
from reconstruct.packs.vocabulary import UNITS
from reconstruct.promql import metric_names

CONVENTIONS_FILE: Final = "conventions.yaml"
MECHANISMS_FILE: Final = "mechanisms.yaml"

WORSE: Final[tuple[Worse, ...]] = get_args(Worse)
PACK_KEYS: Final = (
    "id",
    "title",
    "applies",
    "covers",
    "tested_with",
    "families",
    "define",
    "layer",
    "service_label",
    "service",
    "signals",
)
_VARIANT_KEYS: Final = ("promql", "needs", "range_s")
SIGNAL_KEYS: Final = (
    "id",
    "title",
    "promql",
    "needs",
    "range_s",
    "any_of",
    "each",
    "unless",
    "unit",
    "layer",
    "aspect",
    "worse",
    "min_effect",
    "tags",
    "service_label",
    "service",
)
MACROS: Final = ("__rate_interval", "scope", "by", "by_instance")
_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_RECORDED_WINDOW: Final = re.compile(r":(?:[a-z0-9_]*?[a-z_])?(\d+)([smh])$", re.IGNORECASE)
_SECONDS_PER: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}


def packs_folder() -> Path:
    """The folder of packs that ships with the program: inside the wheel, or beside the package in a checkout.

    Raises
    ------
    UsageError
        If the installation is broken.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "queries", package.parent / "queries"):
        if (folder / CONVENTIONS_FILE).is_file():
            return folder
    raise UsageError(f"no query packs in {package}", hint="the installation is incomplete: install the package again")


def load(folders: Sequence[Path], *, only: Sequence[str] = ()) -> Catalogue:
    """Read every `*.yaml` of `folders`, in the order of folder and file name; `only` keeps the packs of these ids.

    The conventions of a later folder come before those of an earlier one, so that a user's own words win.

    Raises
    ------
    UsageError
        If a file says something that is not understood (with file and line), two signals have one id,
        a folder is missing, or `only` names a pack that does not exist.
    """
    packs: dict[str, Pack] = {}
    conventions = Conventions()
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"no folder of query packs at {folder}", hint="--queries takes a folder of *.yaml files")
        for path in sorted((*folder.glob("*.yaml"), *folder.glob("*.yml"))):
            if path.name == CONVENTIONS_FILE:
                read = read_conventions(path)
                if folder != packs_folder():
                    read = replace(read, service_labels=read.identity)
                conventions = merge_conventions(read, conventions)
            elif path.name != MECHANISMS_FILE:
                pack = read_pack(path)
                if pack.id in packs:
                    other = packs[pack.id].place
                    raise UsageError(
                        f"{pack.place}: a pack {pack.id!r} is there already, from {other}",
                        hint="give yours another id; its signals are added to those that ship",
                    )
                packs[pack.id] = pack
    for name in only:
        if name not in packs:
            near = difflib.get_close_matches(name, packs, n=1)
            known = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(packs))}"
            raise UsageError(f"no pack {name!r}", hint=known)
    kept = (pack for pack in packs.values() if not only or pack.id in only)
    return Catalogue(packs=tuple(sorted(kept, key=lambda pack: pack.id)), conventions=conventions)


def read_pack(path: Path) -> Pack:
    """Read one pack.

    Raises
    ------
    UsageError
        With file and line, where something is missing, unknown or twice.
    """
    document = read_marked(path)
    given = fields(document, allowed=PACK_KEYS, required=("id", "title", "applies", "signals"))
    families = (
        {name: _pattern(value) for name, value in entries(given["families"]).items()} if "families" in given else {}
    )
    define = {name: text(value) for name, value in entries(given["define"]).items()} if "define" in given else {}
    defaults: dict[str, Marked] = {key: given[key] for key in ("layer", "service_label", "service") if key in given}
    pack_id = _identifier(given["id"])
    templates: dict[str, Template] = {}
    for item in items(given["signals"]):
        template = _template(item, pack_id=pack_id, defaults=defaults, families=families, define=define)
        if template.id in templates:
            raise item.wrong(
                f"a signal {template.id!r} is there already, at line {templates[template.id].place.line}",
                hint="give one of the two another id",
            )
        templates[template.id] = template
    if not templates:
        raise given["signals"].wrong("a pack without signals", hint="give it at least one, or delete the file")
    return Pack(
        id=pack_id,
        title=text(given["title"]),
        applies=tuple(_pattern(item) for item in _several(given["applies"])),
        covers=tuple(_pattern(item) for item in _several(given.get("covers"))),
        tested_with=text(given.get("tested_with")),
        templates=tuple(templates.values()),
        place=Place(document.file, document.line),
    )


def _template(
    item: Marked,
    *,
    pack_id: str,
    defaults: Mapping[str, Marked],
    families: Mapping[str, re.Pattern[str]],
    define: Mapping[str, str],
) -> Template:
    given = dict(defaults) | fields(
        item, allowed=SIGNAL_KEYS, required=("id", "title", "unit", "aspect", "worse", "min_effect")
    )
    if "layer" not in given:
        raise item.wrong("'layer' is missing", hint="give it here, or once for the whole pack")
    each = families[one_of(given["each"], families)] if "each" in given else None
    groups = tuple(each.groupindex) if each else ()
    unless = families[one_of(given["unless"], families)] if "unless" in given else None
    if ("any_of" in given) == ("promql" in given):
        raise item.wrong("expected either promql or any_of", hint="any_of is a list of {promql, needs}")
    if "any_of" in given:
        given_variants = [
            (one, fields(one, allowed=_VARIANT_KEYS, required=("promql",))) for one in items(given["any_of"])
        ]
    else:
        given_variants = [(item, {key: given[key] for key in _VARIANT_KEYS if key in given})]
    return Template(
        id=f"{pack_id}/{_identifier(given['id'])}",
        title=text(given["title"]),
        unit=one_of(given["unit"], UNITS),
        layer=one_of(given["layer"], LAYERS),
        aspect=one_of(given["aspect"], ASPECTS),
        worse=one_of(given["worse"], WORSE),
        min_effect=number(given["min_effect"], at_least=0.0),
        variants=tuple(_variant(one, groups=groups, define=define) for _, one in given_variants),
        place=Place(item.file, item.line),
        tags=some_of(given.get("tags"), PACK_TAGS),
        service_label=text(given.get("service_label")),
        service=text(given.get("service")),
        each=each,
        unless=unless,
    )


def _variant(given: Mapping[str, Marked], *, groups: Sequence[str], define: Mapping[str, str]) -> Variant:
    at = given["promql"]
    promql = substitute(text(at), values=define)
    for macro in macros(promql):
        if macro not in (*MACROS, *groups):
            known = ", ".join(f"${name}" for name in (*MACROS, *define, *groups))
            raise at.wrong(f"unknown macro ${macro}", hint=f"known here: {known}")
    # A group's macro stands for (part of) a name: what is needed is known once a metric matched.
    needs = texts(given.get("needs")) or (() if groups else needs_of(promql))
    if not needs and not groups:
        raise at.wrong("no metric name in this expression", hint="name the metrics it asks for: `needs: [name]`")
    return Variant(
        promql=promql,
        needs=needs,
        place=Place(at.file, at.text_line),
        range_s=number(given.get("range_s"), default=recorded_window_s(promql), at_least=0.0),
    )


def needs_of(promql: str) -> tuple[str, ...]:
    """The metrics that an expression with macros asks for."""
    return metric_names(substitute(promql, values={"by": "job", "by_instance": "job"}))


def recorded_window_s(promql: str) -> float:
    """Length of the range window that recorded series were made with, as their names say (`...:rate5m`: 300).

    >>> recorded_window_s("instance:node_cpu_utilisation:rate5m{}"), recorded_window_s("up")
    (300.0, 0.0)
    >>> recorded_window_s("edge:errors:ratio_rate1m > 0.05"), recorded_window_s("slo:error_ratio_5m")
    (60.0, 300.0)
    """
    found = [_RECORDED_WINDOW.search(name) for name in metric_names(promql)]
    return max((float(one.group(1)) * _SECONDS_PER[one.group(2)] for one in found if one), default=0.0)


def _identifier(value: Marked) -> str:
    said = text(value)
    if not _ID.fullmatch(said):
        raise value.wrong(f"{said!r} cannot be an id", hint="small letters, digits and single dashes: query-time")
    return said


def _several(value: Marked | None) -> tuple[Marked, ...]:
    return () if value is None else items(value)


def _pattern(value: Marked) -> re.Pattern[str]:
    try:
        return re.compile(text(value))
    except re.error as error:
        raise value.wrong(
            f"not a regular expression: {error}", hint="Python's syntax; it must match in full"
        ) from error
