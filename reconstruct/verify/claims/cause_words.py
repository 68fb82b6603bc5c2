"""How it is said what caused what."""

from __future__ import annotations

from typing import Final

from reconstruct.verify.claims.phrases import any_of

CAUSE: Final = any_of(
    r"root[- ]causes?(?: was| is| of| were)?",
    r"(?:the |main |underlying |primary |direct |proximate )causes?(?: was| is| of| were|:)?",
    r"caused(?: by)?",
    r"causing",
    r"due to",
    r"because of",
    r"because",
    r"(?:was|were|is) (?:triggered|caused|introduced|brought on|set off) by",
    r"as a (?:result|consequence) of",
    r"result(?:ed|s)? (?:from|in)",
    r"led to",
    r"leads? to",
    r"broke(?! (?:down|out|even))",
    r"culprit",
    r"responsible for",
    r"brought down",
    r"took down",
    r"introduced(?! (?:in)?to (?:prod|service))",
    r"stem(?:med|s) from",
    r"trigger(?: was| is|:)",
    r"contributing factors?",
    r"(?:made|making) (?:things|it|matters|the \w+) (?:worse|better|slower)",
    r"(?:fault|blame) (?:of|lies|with)",
    r"after an? (?:failed|bad|faulty|broken|botched) (?:\w+ )?(?:deploy\w*|release|migration|change|update"
    r"|rollout|config\w*)",
)
