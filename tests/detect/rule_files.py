"""Rule files as text: one that is right, and changes to it."""

import re

GOOD = """\
name: mine
id: 9000001
severity: warning
summary: "{source} tries {count} times"
description: Somebody tries.
match: {guess: true}
group: source
threshold:
  - {attempts: 10, within: 5m}
quiet: 30m
"""


def rule(**fields: str | None) -> bytes:
    """The good rule with other lines for some fields; None leaves one out. `threshold` is a flow mapping."""
    text = GOOD
    for name, value in fields.items():
        if name == "threshold" and value is not None:
            text = re.sub(r"\{attempts: 10, within: 5m\}", value, text)
        elif re.search(rf"^{name}:", text, re.MULTILINE):
            line = "" if value is None else f"{name}: {value}\n"
            text = re.sub(rf"^{name}:.*\n(?:  .*\n)*", line.replace("\\", r"\\"), text, flags=re.MULTILINE)
        else:
            text += f"{name}: {value}\n"
    return text.encode()
