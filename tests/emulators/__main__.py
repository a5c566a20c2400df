"""One emulated device: `python3 -m tests.emulators CONFIG.json`. Prints `ready` when it listens."""

import asyncio
import contextlib
import json
import signal
import sys
from pathlib import Path

from tests.emulators.axis import Axis
from tests.emulators.dahua import Dahua
from tests.emulators.dahua_recorder import DahuaNvr
from tests.emulators.hikvision import Hikvision
from tests.emulators.hikvision_recorder import HikvisionNvr
from tests.emulators.onvif import Onvif
from tests.emulators.uniview import Uniview, UniviewNvr

KINDS = {"axis-camera": Axis, "hikvision-camera": Hikvision, "hikvision-nvr": HikvisionNvr, "dahua-camera": Dahua, "dahua-nvr": DahuaNvr}
KINDS |= {"onvif-camera": Onvif, "uniview-camera": Uniview, "uniview-nvr": UniviewNvr}


async def main(config):
    """Run until a signal."""
    device = KINDS[config["kind"]](config)
    running = asyncio.ensure_future(device.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
