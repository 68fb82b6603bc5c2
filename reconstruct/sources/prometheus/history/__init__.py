"""What a server's own metrics tell of the past: alerts, restarts, versions, scrapes, retention."""
