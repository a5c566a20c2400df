"""OpenWrt 22.03 and newer (fw4): UCI, and files of our own where UCI has no words."""

from __future__ import annotations

import re

from ...errors import Unsupported
from ..platform import Comparison, Platform
from ..state import RouterState
from .contradictions import contradictions
from .guard import GUARD
from .intended import intended, kept_secrets, lacking
from .owned import ours_of, text_of, unknown_options, with_unknown
from .places import find_places
from .remedy import way
from .running import READS, Running, understand, whole

# uci's errors begin with its name, the shell's with its own; nft says where. fw4 warns of anybody's sections, which refuses nothing.
REFUSAL = re.compile(
    r"^(uci: |(/bin/)?(a|s)h: |motcua-guard: refused)|: not found$|No space left on device|Read-only file system"
    r"|Permission denied|Operation not permitted|^.*:\d+:\d+-\d+: Error: ",
    re.MULTILINE,
)


def compare(running: Running, state: RouterState) -> Comparison:
    """The smallest way from what runs to what should.

    :raises Unsupported: when the box is older than fw4.
    :raises ModelError: when the LAN isn't found on it.
    """
    if "fw4" not in running.programs:
        raise Unsupported(f"{state.host}: OpenWrt {running.release} has no fw4; upgrade it to 22.03 or newer")
    places = find_places(state.host, running.package("network"), running.package("firewall"), state)
    wanted = intended(state, running, places)
    present = ours_of(running, wanted, kept_secrets(wanted, running))
    commands, undo = way(running, present, wanted, state)
    return Comparison(
        commands=tuple(commands),
        undo=tuple(undo),
        before=text_of(present),
        after=text_of(with_unknown(wanted, present)),
        contradictions=(*contradictions(running, state, places), *lacking(state, running)),
        unknown=unknown_options(present, wanted),
    )


OPENWRT = Platform(
    name="openwrt",
    driver="linux",
    channel="exec",
    reads=READS,
    understand=understand,
    compare=compare,
    whole=whole,
    refusal=REFUSAL,
    guard=GUARD,
    version=re.compile(r"""^DISTRIB_RELEASE=['"]?([^'"\n]+)""", re.MULTILINE),
)
