"""``python -m api`` is ``grounds``."""

from api.cli import main

main()
