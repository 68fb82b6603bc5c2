"""An Incident as files, one format a module: pure functions from the answer to text or pictures; `files` writes."""
