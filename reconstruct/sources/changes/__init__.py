"""Where change events live: one file a source, and how their records are read and merged."""
