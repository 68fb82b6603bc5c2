"""One file a format: each `read_*` gives what the content holds, or None where it is another format."""
