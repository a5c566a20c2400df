"""docs/benchmarks.md out of the benches' rows and of prose, in both languages: the same rows give the same bytes.

In benchmarks.md beside this file a line ``{{costs audit}}`` is a table of what something cost, beside the floor; ``{{facts report}}`` one of single
figures and their bounds; ``{{growth audit}}`` says how CPU grows with the devices, ``{{peers audit}}`` how many times ours a peer costs, and ``{{when audit}}`` when it was measured, and how busy the machine was.
"""

import json
import math
import re
from pathlib import Path

from tests.bench.plot import plot
from tests.bench.words import COLUMNS, FACTS, UNITS, WHO, WORDS

ROOT = Path(__file__).resolve().parents[2]
ROWS, DOCUMENT, PICTURE = ROOT / "docs/benchmarks.json", ROOT / "docs/benchmarks.md", ROOT / "docs/benchmarks.svg"
PROSE = Path(__file__).with_name("benchmarks.md")
VIETNAMESE = "# Đo tốc độ"
PLACE = re.compile(r"\{\{(\w+) (\w+)\}\}")
PEERS = {"uri": "`ansible.builtin.uri`", "threads": "`requests`/paramiko"}
OURS = ("motcua", "devices_info", "router", "whole_inventory")  # whose growth is told


def read(path=ROWS):
    """The rows that are kept in the repository, one a line of a list."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def write(rows, path=ROWS):
    """Keep them: one a line, so that a diff shows what was measured anew."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def merged(old, new):
    """Old rows without the sections that were measured anew, and the new ones, in the order of the sections' first mention."""
    measured = {row["section"] for row in new}
    order = list(dict.fromkeys(row["section"] for row in [*old, *new]))
    return sorted([row for row in old if row["section"] not in measured] + list(new), key=lambda row: order.index(row["section"]))


def render(rows, prose=None):
    """The whole document. Raises KeyError for a place or a row that nobody has words for."""
    english, vietnamese, rest = (prose or PROSE.read_text(encoding="utf-8")).partition(VIETNAMESE)
    halves = [(0, english), (1, vietnamese + rest)]
    return "".join(PLACE.sub(lambda place, language=language: placed(rows, *place.groups(), language), text) for language, text in halves)


def placed(rows, kind, section, language):
    """What comes into one place of the prose."""
    own = [row for row in rows if row["section"] == section]
    if not own:
        return WORDS["none"][language]
    return {"costs": costs, "facts": facts, "growth": growth, "peers": peers, "when": when}[kind](own, language)


def number(value, language):
    """A figure as people of that language write it, with as many digits as mean something."""
    if isinstance(value, str) or value is None:
        return value or ""
    digits = 0 if isinstance(value, int) or value >= 100 else 1 if value >= 10 else 2
    text = f"{value:,.{digits}f}"
    return text if language == 0 else text.translate(str.maketrans(",.", ".,"))


def table(head, lines):
    """Markdown."""
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *lines])


def costs(rows, language):
    """Who, with how many devices, took how long; a device's CPU; and how many times the floor's, a device."""
    far, sites = any(row.get("rtt_ms") for row in rows), any("sites" in row for row in rows)
    names = [
        "who",
        *(["sites"] if sites else []),
        "devices",
        *(["rtt"] if far else []),
        "wall",
        "cpu",
        "each",
        "memory",
        "to_wall",
        "to_cpu",
    ]
    order = list(WHO)
    rows = sorted(rows, key=lambda row: (row.get("rtt_ms", 0), row["devices"], order.index(row["what"])))
    lines = [[cells(row, rows, language)[name] for name in names] for row in rows]
    return table([COLUMNS[name][language] for name in names], lines)


def cells(row, rows, language):
    """A cost as text, by column."""
    floor = floor_of(row, rows)
    says = {
        "who": WHO[row["what"]][language],
        "sites": number(row.get("sites"), language),
        "devices": number(row["devices"], language),
        "rtt": f"{number(row.get('rtt_ms', 0), language)} ms",
        "wall": f"{number(float(row['wall_s']), language)} s",
        "cpu": f"{number(float(row['cpu_s']), language)} s",
        "each": f"{number(1000.0 * row['cpu_s'] / row['devices'], language)} ms",
        "memory": f"{number(round(row['memory_mb']), language)} MB" if row.get("memory_mb") else "",
    }
    for name, key in (("to_wall", "wall_s"), ("to_cpu", "cpu_s")):
        ours, theirs = row[key] / row["devices"], floor[key] / floor["devices"] if floor else 0
        says[name] = number(float(ours / theirs), language) if theirs and floor is not row else ""
    return says


def floor_of(row, rows):
    """The floor with as many devices, or with the most where it was measured with others."""
    floors = [one for one in rows if one["what"] == "floor" and one.get("rtt_ms", 0) == row.get("rtt_ms", 0)]
    same = [one for one in floors if one["devices"] == row["devices"]]
    return (same or sorted(floors, key=lambda one: one["devices"])[-1:] or [None])[0]


def facts(rows, language):
    """Single figures and their bounds."""
    lines = []
    for row in rows:
        unit = UNITS.get(row["unit"], (row["unit"],) * 2)[language]
        bound = "" if row.get("bound") is None else f"{number(row['bound'], language)} {unit}".strip()
        lines.append([FACTS[row["what"]][language], f"{number(row['value'], language)} {unit}".strip(), bound])
    return table([COLUMNS[name][language] for name in ("what", "value", "bound")], lines)


def exponent(rows):
    """(which, fewest, most, with which power CPU grows between them), or None where only one size was measured."""
    which = next((one for one in OURS if any(row["what"] == one for row in rows)), None)
    own = sorted((row for row in rows if row["what"] == which and not row.get("rtt_ms")), key=lambda row: row["devices"])
    if len(own) < 2 or not own[0]["cpu_s"]:
        return None
    first, last = own[0], own[-1]
    power = math.log(last["cpu_s"] / first["cpu_s"]) / math.log(last["devices"] / first["devices"])
    return which, first["devices"], last["devices"], power


def growth(rows, language):
    """How CPU grows, in a sentence."""
    found = exponent(rows)
    if found is None:
        return WORDS["one_size"][language]
    which, first, last, power = found
    return WORDS["growth"][language].format(
        who=WHO[which][language], first=number(first, language), last=number(last, language), power=number(float(power), language)
    )


def peers(rows, language):
    """How many times ours each peer costs, a device; ours is the one with the most devices."""
    which = next((one for one in OURS if any(row["what"] == one for row in rows)), None)
    ours = max((row for row in rows if row["what"] == which and not row.get("rtt_ms")), key=lambda row: row["devices"], default=None)
    said = []
    for peer in PEERS if ours else ():
        theirs = max((row for row in rows if row["what"] == peer and not row.get("rtt_ms")), key=lambda row: row["devices"], default=None)
        if theirs:
            wall, cpu = (theirs[key] / theirs["devices"] / (ours[key] / ours["devices"]) for key in ("wall_s", "cpu_s"))
            said.append(
                WORDS["peer"][language].format(who=PEERS[peer], wall=number(float(wall), language), cpu=number(float(cpu), language))
            )
    return " ".join(said)


def when(rows, language):
    """The days on which it was measured, and the load of the machine meanwhile."""
    days = sorted({row["measured"] for row in rows})
    loads = [row["load"] for row in rows if row.get("load") is not None]
    said = WORDS["measured"][language].format(days=" – ".join(dict.fromkeys((days[0], days[-1]))))
    low, high = (number(float(one), language) for one in (min(loads), max(loads))) if loads else ("", "")
    return said + (WORDS["load"][language].format(load=low if low == high else f"{low}–{high}") if loads else WORDS["no_load"][language])


def publish(rows):
    """Write the document and its picture."""
    DOCUMENT.write_text(render(rows), encoding="utf-8")
    PICTURE.write_text(plot(rows), encoding="utf-8")
