"""Exit 0 when a playbook's recap shows changes on exactly the given hosts and no failure: expect_changed.py LOG HOST..."""

import re
import sys

log, *expected = sys.argv[1:]
with open(log, encoding="utf-8") as stream:
    rows = re.findall(
        r"^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.sub(r"\x1b\[[0-9;]*m", "", stream.read()), re.MULTILINE
    )
bad = [host for host, _, unreachable, failed in rows if int(unreachable) or int(failed)]
changed = sorted(host for host, count, _, _ in rows if int(count))
if not rows or bad or changed != sorted(expected):
    sys.exit(
        f"expected changes on {', '.join(sorted(expected)) or 'no host'}; actual {', '.join(changed) or 'none'}; failed: {', '.join(bad) or 'none'}"
    )
print(f"changed: {', '.join(changed) or 'nothing'}")
