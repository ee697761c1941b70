"""Exit codes: scripts rely on them, so they stand in one place."""

from typing import Final

DONE: Final = 0  # whatever was found; also where a reader of the output went away
INTERNAL: Final = 1
UNUSABLE: Final = 2  # an input, option or output; what could be read was read and reported
FOUND: Final = 3  # an alert that `--fail-on` asks for; a rule's test that failed
SIGNALLED: Final = 128  # plus the number of the signal that stopped the run, as shells count
