"""Numbers in a cell: as a spreadsheet keeps them, and as people write them, with a decimal comma or point and with units."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from .kinds import NO_TEXT, Wrong, folded, shown

ENGLISH = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?")
VIETNAMESE = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+|\d{1,3}( \d{3})+)(,\d+)?")


@dataclass(frozen=True)
class Number:
    """A number, in Vietnamese or English writing; ``units`` may stand behind it, ``most`` tells readings apart."""

    whole: bool = False
    units: tuple[str, ...] = ()
    most: float = float("inf")
    offers: tuple[str, ...] = ()
    is_text: bool = False

    def read(self, cell: object) -> int | float:
        """The number; a whole one is an int."""
        if isinstance(cell, date | time):
            made = f"was made {NO_TEXT.get(type(cell), 'a time')} ({shown(cell)}) by the spreadsheet"
            raise Wrong(f"{made}; format the cell as a number and write it like {self._like}")
        if isinstance(cell, bool):
            raise Wrong(f"'{cell}' is not a number; write it like {self._like}")
        if isinstance(cell, int | float):
            readings = {float(cell)}
        else:
            readings = {one for one in _readings(self._bare(shown(cell)), self.whole) if abs(one) <= self.most}
        if not readings:
            raise Wrong(f"'{shown(cell)}' is not a number{self._of_unit}; write it like {self._like}")
        if len(readings) > 1:
            small, large = sorted(readings)
            raise Wrong(f"'{shown(cell)}' can be {unmistakable(small)} or {unmistakable(large)}; write one of these two")
        number = readings.pop()
        if self.whole and not number.is_integer():
            raise Wrong(f"'{shown(cell)}' is not a whole number; write it like {self._like}")
        return int(number) if number.is_integer() else number

    def write(self, value: Any) -> int | float:
        """The number itself."""
        return int(value) if float(value).is_integer() else float(value)

    def _bare(self, text: str) -> str:
        unit = next((unit for unit in self.units if folded(text).endswith(folded(unit))), "")
        return text[: len(text) - len(unit)].strip()

    @property
    def _of_unit(self) -> str:
        return f" of {self.units[0]}" if self.units else ""

    @property
    def _like(self) -> str:
        return "12" if self.whole else "12,5"


def _readings(text: str, whole: bool) -> set[float]:
    """What a number can mean: in 1.500 the point parts thousands for one half of the world and is the decimal one for the other."""
    readings = set()
    if ENGLISH.fullmatch(text):
        readings.add(float(text.replace(",", "")))
    if VIETNAMESE.fullmatch(text):
        readings.add(float(text.replace(".", "").replace(" ", "").replace(",", ".")))
    # Nobody writes decimals of what there can be no part of: there 660.000 has one meaning.
    return {max(readings)} if whole and len(readings) > 1 else readings


def unmistakable(number: float) -> str:
    """A number with a decimal comma that nobody takes for thousands: three decimals get a fourth."""
    text = f"{number:.15g}".replace(".", ",")
    return f"{text}0" if re.search(r",\d{3}$", text) else text
