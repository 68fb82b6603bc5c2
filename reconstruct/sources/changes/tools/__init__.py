"""One file a tool: how its payloads are known and read, from its API, its command line or an export alike."""
