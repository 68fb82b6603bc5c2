"""How it is said that something had no part in it, or had been fine until then."""

from __future__ import annotations

from typing import Final

from reconstruct.verify.claims import translations
from reconstruct.verify.folding import AnyCase

UNAFFECTED: Final = AnyCase(
    r"\bno (?:user |customer |measurable |significant )?(?:impact|effect) on\b"
    r"|\b(?:was|were|is|are|stayed|remained|looked|appeared) (?:all |always |perfectly |otherwise "
    r"|completely )?(?:healthy|normal|unaffected|fine|stable|nominal)\b"
    r"|\b(?:was|were)(?:n['’]t| not| never) (?:affected|impacted|involved|to blame|at fault|the cause)\b"
    r"|\b(?:worked|behaved|performed|ran|functioned|operated) (?:normally|fine|as (?:expected|usual))\b"
    r"|\bunaffected\b|\bnot (?:affected|impacted)\b"
    r"|\b(?:was |were |is |are )?ruled out\b|\bnot (?:the|a) (?:[\w-]+ )?(?:problem|issue|fault|cause"
    r"|culprit)\b|\bno (?:problems?"
    r"|issues?|anomal\w+|faults?) (?:with|in|on|at)\b"
    r"|\b(?:crossed|struck|taken) off (?:the|our) list\b|\beliminated as\b|\b(?:was|were|been|is|are|got) (?:excluded"
    r"|eliminated|exonerated|dismissed as)\b|\bgiven the all[- ]clear\b|\bnothing (?:was |is )?wrong with\b"
    r"|\bperformed normally\b|\bnot a (?:cause|factor|problem)\b|\b(?:is|was|looks?|looked|are|were) (?:all"
    r" )?(?:clean|clear)\b"
    rf"|\b(?:{'|'.join(translations.UNAFFECTED)})\b"
    r"|\b(?:was|were)(?:n['’]t| not| never) (?:degraded|slow|slower|elevated|down|interrupted)\b"
    r"|\berrors? (?:rates? |ratios? )?(?:stayed|remained|was|were) (?:at )?(?:zero|nil|0 ?%)(?! before)"
    r"|\b(?:requests?|calls?) (?:did(?: not|n['’]t)|never) fail(?:ed)?\b"
    r"|\bat no time (?:was|were|did)\b|\bnever (?:the )?(?:problem|cause|at fault)\b|\bnothing (?:\w+ )?on"
    r" (?:our|their) side\b"
    r"|\b(?:was|were) (?:not|never) (?:exhausted|saturated|full|overloaded|short|scarce)\b"
    r"|\bexonerated\b|\bcleared\b(?= (?:as|of))"
)
UNTIL_THEN: Final = AnyCase(
    r"\bback to (?:normal|healthy)\b|\bnormal (?:again|by|at)\b|\b(?:until|before|at first|initially|again"
    r"|by then)\b|\breturned\b|\bhealthy again\b"
)
"""What came back had been affected; what was so before an hour says nothing of later."""
