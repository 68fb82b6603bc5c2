"""Alerts and detection: how it is said that something fired, was resolved, or was noticed."""

from __future__ import annotations

from typing import Final

from reconstruct.verify.claims import translations
from reconstruct.verify.claims.phrases import any_of

ALERT: Final = any_of(
    r"alert(?:s|ed|ing)?",
    r"alarms?",
    r"(?<!slow )(?<!web )(?<!status )(?<!landing )(?<!error )pag(?:e|es|ed|ing)(?= |$|\.|,|:)(?! (?:loads?|load"
    r"|views?|times?|faults?|cache|size|rendering|renders?|not|was slow|slow))",
    r"pagers?",
    r"pagerduty",
    r"opsgenie",
    r"fir(?:e|ed|es|ing)",
    r"triggered(?! by)",
    r"went off",
    r"(?:phones?|pagers?) (?:rang|rings?|buzz\w*|went)",
    r"wakes?|woke",
    r"trips?",
    r"tripped",
    *translations.ALERT,
)
RESOLVED: Final = any_of(
    r"resolv(?:ed|es)",
    r"clear(?:ed|s)",
    r"auto-?resolved",
    r"recover(?:ed|s)",
    r"(?:stops?|stopped|no longer|ceased|quit) (?:firing|alerting|paging)",
    *translations.RESOLVED,
    r"ended",
    r"back to (?:ok|normal|green)",
)
DETECTION: Final = any_of(
    *translations.DETECTION,
    r"detect(?:ed|s|ion|ing)",
    r"notic(?:ed|es|ing)",
    r"bec(?:ame|omes?) aware",
    r"discover(?:ed|s|y)",
    r"(?:customers?|users?|clients?|support|reports?|complaints?|tickets?|engineers?"
    r"|team)(?: \w+){0,3} (?:report(?:ed|s|ing)?|complain(?:ed|s|ing)?|came in|come in|arriv\w+|flag(?:ged|s)"
    r"|rais(?:ed|es))",
    r"(?:first|initial|customer|user|multiple|more|several)(?: \w+){0,3} (?:reports?|complaints?|tickets?"
    r"|mails?|e-?mails?|calls?)",
    r"(?:customers?|users?|clients?|shoppers?) (?:write|wrote|call|phone|complain|tweet)\w*",
    r"reported(?! by default)",
    r"(?:we|engineers?|team) (?:saw|see|observed?)",
    r"monitoring (?:system )?(?:report|show|flag|caught|picked|spott)\w*",
)
