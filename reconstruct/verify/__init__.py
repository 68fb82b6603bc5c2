"""A written postmortem against the evidence and against itself: confirmed, contradicted, unverifiable, a human act.

`verify` takes a document and an Incident. A document is read as passages, statements and claims; each kind of claim is a
file in `claims/`. What is not read whole is unread, and nothing is called wrong unless the evidence says otherwise with
figures, after all of it that is of the asked kind was looked through.
"""

from __future__ import annotations

from reconstruct.verify.checking import verify
from reconstruct.verify.document import FORMS, Form
from reconstruct.model.verification import Claim, Finding, Line, Omission, Shown, Verdict, Verification

__all__ = ["FORMS", "Claim", "Finding", "Form", "Line", "Omission", "Shown", "Verdict", "Verification", "verify"]
