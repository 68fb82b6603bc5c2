"""Query packs and conventions: which questions to ask, and what a metric's name says when no pack knows it.

catalogue = load([packs_folder()])
signals = choose(catalogue, available, rate_interval_s=..., scope=...)      # what packs know
meaning = classify("db_pool_waiting", conventions=catalogue.conventions)    # what only a name tells
"""

from reconstruct.packs.catalogue import Catalogue, Conventions, MetricInfo, Pack, Template, Variant
from reconstruct.packs.classify import Meaning, classify
from reconstruct.packs.loader import load, packs_folder, read_pack
from reconstruct.packs.vocabulary import TAGS, UNITS

__all__ = [
    "TAGS",
    "UNITS",
    "Catalogue",
    "Conventions",
    "Meaning",
    "MetricInfo",
    "Pack",
    "Template",
    "Variant",
    "classify",
    "load",
    "packs_folder",
    "read_pack",
]
