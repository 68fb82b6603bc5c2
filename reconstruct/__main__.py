"""`python -m reconstruct` is the `reconstruct` program."""

from reconstruct.cli import main

main()
