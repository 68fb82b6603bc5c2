"""Query packs and conventions: which questions to ask, and what a metric's name says when no pack knows it.

catalogue = load([packs_folder()])
signals = choose(catalogue, available, rate_interval_s=..., scope=...)        # what packs know
rest = {name: info for name, info in available.items() if name not in taken(catalogue, available)}
seen = survey(rest, server=..., at=..., conventions=catalogue.conventions)
more = generic(seen, conventions=catalogue.conventions, rate_interval_s=...)  # what only names tell
meaning = classify("db_pool_waiting", conventions=catalogue.conventions)
"""

from reconstruct.packs.catalogue import Catalogue, Conventions, MetricInfo, Pack, Place, Template, Variant
from reconstruct.packs.check import Checked, check, find
from reconstruct.packs.choose import RateInterval, applies, choose, taken
from reconstruct.packs.classify import Meaning, classify
from reconstruct.packs.generic import Generic, generic
from reconstruct.packs.loader import load, packs_folder, read_pack
from reconstruct.packs.spelling import Spelling, spelling_of
from reconstruct.packs.survey import Seen, Server, survey
from reconstruct.packs.vocabulary import UNITS

__all__ = [
    "UNITS",
    "Catalogue",
    "Checked",
    "Conventions",
    "Generic",
    "Meaning",
    "MetricInfo",
    "Pack",
    "Place",
    "RateInterval",
    "Seen",
    "Server",
    "Spelling",
    "Template",
    "Variant",
    "applies",
    "check",
    "choose",
    "classify",
    "find",
    "generic",
    "load",
    "packs_folder",
    "read_pack",
    "spelling_of",
    "survey",
    "taken",
]
