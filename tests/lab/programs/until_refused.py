"""Watch until it is refused: `until_refused.py BASE CERTIFICATE ACCOUNT`, the password on standard input.

Prints a line with the first answer's status, and one with the status and the second since 1970 of the first answer that differs.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from people import Person

SECONDS = 90
PIECE = "/live/tan-dinh-cam1/index.m3u8"


def main():
    base, certificate, account = sys.argv[1:]
    person = Person(base, certificate)
    person.asked("/api/login", {"account": account, "password": sys.stdin.readline().rstrip("\n")})
    first = person.ask(PIECE)[0]
    print(first, flush=True)
    end = time.monotonic() + SECONDS
    while (status := person.ask(PIECE)[0]) == first and time.monotonic() < end:
        time.sleep(0.1)
    print(status, time.time())


main()
