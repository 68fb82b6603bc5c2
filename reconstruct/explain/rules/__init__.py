"""One file a rule: what speaks for or against a candidate cause."""
