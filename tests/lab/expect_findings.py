"""Exit 0 when the failed findings of a file name exactly the given hosts: expect_findings.py FILE HOST..."""

import json
import sys

file, *expected = sys.argv[1:]
with open(file, encoding="utf-8") as stream:
    document = json.load(stream)
findings = document["findings"] if isinstance(document, dict) else document
errors = sorted(f"{row['device']}: {row['actual']}" for row in findings if row["status"] == "error")
failed = sorted({row["device"] for row in findings if row["status"] == "fail"})
if errors or failed != sorted(expected):
    sys.exit(
        f"expected drift on {', '.join(sorted(expected))}; actual {', '.join(failed) or 'none'}; could not tell: {'; '.join(errors) or 'nothing'}"
    )
print(f"drift on {', '.join(failed)} and nowhere else")
