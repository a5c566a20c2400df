"""Ask motcua-demand for a camera's main stream."""

import asyncio

WAIT_SECONDS = 10
ANSWER_BYTES = 200


class NoRoom(Exception):
    """The plan has no room for it on the line."""


async def ask(address, camera):
    """For how many seconds the main stream is pulled now.

    :raises NoRoom: when the line has no room.
    :raises OSError, ValueError, TimeoutError: when nobody answers, or not as agreed.
    """
    async with asyncio.timeout(WAIT_SECONDS):
        reader, writer = await asyncio.open_unix_connection(address)
        try:
            writer.write(f"start {camera}\n".encode())
            await writer.drain()
            answer = (await reader.read(ANSWER_BYTES)).decode("ascii", "replace").strip()
        finally:
            writer.close()
    if answer == "no_room":
        raise NoRoom
    word, _, seconds = answer.partition(" ")
    if word != "ok":
        raise ValueError(f"it answered {answer!r}")
    return int(seconds)
