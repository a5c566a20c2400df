"""The rows as a picture: CPU against the number of devices, both logarithmic, a panel a section. Plain SVG that is read in light and dark."""

import math
from xml.sax.saxutils import escape

PANELS = {
    "audit": "Audit / Kiểm tra",
    "rollout_noop": "Rollout, nothing to do / Triển khai, không có gì để sửa",
    "rollout_change": "Rollout, one change a camera / Triển khai, mỗi camera một thay đổi",
    "plan": "Load, plan, inventory / Nạp, lập phương án, danh mục máy",
}
NAMES = {
    "motcua": "motcua", "whole_inventory": "motcua", "floor": "floor / sàn", "threads": "threads / luồng", "uri": "uri", "inventory": "inventory / danh mục",
    "static": "static file / tệp tĩnh",
}  # fmt: skip
SHADES = list(dict.fromkeys(NAMES.values()))  # everybody has the same colour in all panels
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BELOW = 560, 300, 64, 34, 150, 44
STYLE = """
  text { font: 13px sans-serif; fill: #24292f } .axis { stroke: #8c959f; fill: none } .grid { stroke: #d0d7de; fill: none }
  .line { fill: none; stroke-width: 2.5 } .s0 { stroke: #0969da; fill: #0969da } .s1 { stroke: #1a7f37; fill: #1a7f37 }
  .s2 { stroke: #bc4c00; fill: #bc4c00 } .s3 { stroke: #8250df; fill: #8250df } .s4 { stroke: #6e7781; fill: #6e7781 }
  .s5 { stroke: #cf222e; fill: #cf222e } .line.line { fill: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .axis { stroke: #8b949e } .grid { stroke: #30363d } .s0 { stroke: #58a6ff; fill: #58a6ff } .s1 { stroke: #3fb950; fill: #3fb950 }
    .s2 { stroke: #ffa657; fill: #ffa657 } .s3 { stroke: #d2a8ff; fill: #d2a8ff } .s4 { stroke: #8b949e; fill: #8b949e }
    .s5 { stroke: #ff7b72; fill: #ff7b72 }
  }"""


def plot(rows):
    """All panels, one below the other; a section without rows has none."""
    panels = [(title, found) for section, title in PANELS.items() if (found := series([row for row in rows if row["section"] == section]))]
    height = HEIGHT * max(1, len(panels))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">',
        "<title>CPU seconds by number of devices / Giây CPU theo số thiết bị</title>",
        f"<style>{STYLE}\n</style>",
    ]
    for at, (title, found) in enumerate(panels):
        parts += [f'<g transform="translate(0 {at * HEIGHT})">', *panel(title, found), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def series(rows):
    """Who -> [(devices, CPU seconds)], without delayed lines; those in the order of NAMES who were measured."""
    found = {}
    for who, name in NAMES.items():
        points = sorted(
            {(row["devices"], row["cpu_s"]) for row in rows if row["what"] == who and not row.get("rtt_ms") and row["cpu_s"] > 0}
        )
        if points:
            found.setdefault(name, points)
    return found


def panel(title, found):
    """Axes with powers of ten, and a line for each."""
    points = [point for line in found.values() for point in line]
    low, high = ([pick(math.log10(point[axis]) for point in points) for axis in (0, 1)] for pick in (min, max))
    low, high = [math.floor(one + 1e-9) for one in low], [math.ceil(one - 1e-9) for one in high]
    high = [max(one, low[axis] + 1) for axis, one in enumerate(high)]

    def place(x, y):
        across = LEFT + (math.log10(x) - low[0]) / (high[0] - low[0]) * (WIDTH - LEFT - RIGHT)
        return across, HEIGHT - BELOW - (math.log10(y) - low[1]) / (high[1] - low[1]) * (HEIGHT - TOP - BELOW)

    yield f'<text x="{LEFT}" y="20" font-weight="bold">{escape(title)}</text>'
    yield from grid(low, high, place)
    for at, (name, line) in enumerate(found.items()):
        yield from drawn(name, [place(*point) for point in line], at, SHADES.index(name))


def grid(low, high, place):
    """Powers of ten, and what they are of."""
    for power in range(low[0], high[0] + 1):
        x, y = place(10.0**power, 10.0 ** low[1])
        yield f'<path class="grid" d="M{x:.1f} {y:.1f}V{TOP}"/><text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{10**power:,}</text>'
    for power in range(low[1], high[1] + 1):
        x, y = place(10.0 ** low[0], 10.0**power)
        yield f'<path class="grid" d="M{x:.1f} {y:.1f}H{WIDTH - RIGHT}"/><text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g} s</text>'
    yield f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BELOW}H{WIDTH - RIGHT}"/>'
    yield f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">devices / số thiết bị</text>'


def drawn(name, places, at, shade):
    """One line with its points, and its name on the right."""
    shade = f"s{shade}"
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    yield f'<path class="line {shade}" d="M{path}"/>'
    yield from (f'<circle class="{shade}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places)
    y = TOP + 12 + 20 * at
    yield f'<rect class="{shade}" x="{WIDTH - RIGHT + 12}" y="{y - 9}" width="10" height="10"/>'
    yield f'<text x="{WIDTH - RIGHT + 28}" y="{y}">{escape(name)}</text>'
