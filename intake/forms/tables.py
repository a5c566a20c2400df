"""The survey form as data: tables A to K. Writing, checking and reading follow from these rows alone, so they can't disagree."""

from __future__ import annotations

from .columns import Table
from .equipment_tables import CAMERA, LINE, NETWORK, NVR, OTHER, STREAM, SWITCH
from .office_tables import CONFIRMATION, NEEDS, OFFICE, POWER, PRIVACY, SECURITY

FORM: tuple[Table, ...] = (OFFICE, CAMERA, STREAM, OTHER, NVR, NETWORK, SWITCH, LINE, POWER, SECURITY, PRIVACY, NEEDS, CONFIRMATION)

# Decisions of the province and its engineers, the dated tree (`motcua site`), and what the number and the mark of sample data are given by.
NOT_ASKED = frozenset(
    {
        "number",
        "units",
        "retired",
        "revoked",
        "sample",
        "recording_notice",
        "policy",
        "wave",
        "reuse",
        "tunnel",
        "udp_port",
        "ssh_port",
        "old_ssh",
        "card_gb",
        "mutes",
        "outages",
        "checklist",
        "backed_up_by",
        "settings",
        "former",
    }
)
# What stands in a row's first cell when the row only shows how to write.
EXAMPLE = "Ví dụ"
# The hidden sheet that holds the drop-down lists.
LISTS = "Danh mục"
