"""Runs on any host: which addresses and ports it can open, all tried at the same time, as one JSON document. Standard library only.

Argument: ``[[address, port], ...]`` as JSON; printed: ``{"address:port": "open" | "refused" | "unreachable"}``. Refused means that something
there answered; unreachable, that nothing did.
"""

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

SECONDS = 3
AT_ONCE = 200


def answer(place):
    try:
        socket.create_connection((place[0], place[1]), SECONDS).close()
    except ConnectionRefusedError:
        return "refused"
    except OSError:
        return "unreachable"
    return "open"


def main():
    places = json.loads(sys.argv[1])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(answer, places)
        print(json.dumps({f"{address}:{port}": found for (address, port), found in zip(places, answers, strict=True)}))


main()
