"""A written postmortem against the evidence and against itself: confirmed, contradicted, unverifiable, a human act.

`verify` takes a document and an Incident. A document is read as passages, statements and claims; each kind of claim is
a file in `claims/`. What is not read whole is unread, and nothing is called wrong unless the evidence says otherwise
with figures, after all of it that is of the asked kind was looked through.
"""

from __future__ import annotations

from reconstruct.verify.checking import verify
from reconstruct.verify.claims.judging import TOLERANCE_S
from reconstruct.verify.document import FORMS, Form
from reconstruct.verify.markup import is_markup

__all__ = ["FORMS", "TOLERANCE_S", "Form", "is_markup", "verify"]
