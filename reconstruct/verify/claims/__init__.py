"""One file a kind of claim that a postmortem makes."""
