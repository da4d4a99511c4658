"""`python -m remotemedia.cli`: the same as `remotemedia`."""

from remotemedia.cli import main

main()
