"""Where evidence comes from, one source a module: fetch, and a pure parse beside it."""
