"""Ask motcua-demand for a camera's main stream."""

import asyncio
import json

WAIT_SECONDS = 5


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
            writer.write(f"{camera}\n".encode())
            await writer.drain()
            answer = json.loads(await reader.readline())
        finally:
            writer.close()
    if answer.get("error") == "no_room":
        raise NoRoom
    if not isinstance(answer.get("seconds"), int | float):
        raise ValueError(f"it answered {answer}")
    return answer["seconds"]
