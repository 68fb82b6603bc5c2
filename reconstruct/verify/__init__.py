"""A written postmortem against the evidence, line by line: what holds, what is contradicted, what cannot be settled.

`verify` takes Markdown and an Incident. Each kind of claim is one function in a file of its own; a sentence that fits
none of them claims nothing here. Nothing is called wrong unless the evidence says otherwise with figures.
"""

from __future__ import annotations

from reconstruct.verify.checking import Checked, Verification, verify
from reconstruct.verify.clauses import Finding, Verdict

__all__ = ["Checked", "Finding", "Verdict", "Verification", "verify"]
