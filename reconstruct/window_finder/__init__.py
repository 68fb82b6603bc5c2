"""The window of an incident, from what a person has in hand: an alert, a page, a time, or nothing."""
