"""What comes out of an interactive command line, told apart: echo, answer, prompt, question, page, and lines that nobody asked for."""

from __future__ import annotations

import functools
import re

# Colours and cursor movements (ECMA-48), and titles of terminals.
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\x1b[()][A-Z0-9]|\x1b[=>78DEHM]")
PAGE = re.compile(r"(?:<?-{2,} ?[Mm]ore ?-{2,}>?|lines \d+-\d+(?:/\d+)?|\(END\)|^:)\s*$")
LAST_PAGE = re.compile(r"\(END\)\s*$")
# A prompt that wasn't seen before, as after a change of the host name; it is believed only when nothing follows.
ANY_PROMPT = re.compile(r"^[\w.@:~/\[\]<> -]{1,80}(?:\([\w-]+\))? ?[#>$] *$")

ECHO_LINES = 4  # an earlier prompt, an empty line and "[edit]" may stand before a command's echo


def cleaned(text: str, noise: re.Pattern[str] | None = None) -> str:
    """The text as a screen would show it: no escapes, nothing erased, plain newlines; without the lines that ``noise`` matches."""
    text = re.sub(r"\r+\n", "\n", ESCAPES.sub("", text))
    text = "\n".join(_typed(line) for line in text.split("\n"))
    return text if noise is None else _whole_lines(noise).sub("", text)


@functools.cache
def _whole_lines(noise: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile(f"^(?:{noise.pattern})(?:.*\n|$)", noise.flags | re.MULTILINE)


def _typed(line: str) -> str:
    """One line after its backspaces and carriage returns."""
    line = line.rstrip("\r").rpartition("\r")[2] if "\r" in line else line
    if "\b" not in line:
        return line
    shown: list[str] = []
    for letter in line:
        if letter != "\b":
            shown.append(letter)
        elif shown:
            shown.pop()
    return "".join(shown)


def prompt_of(seen: str) -> re.Pattern[str]:
    """The prompts of a session in which this one was seen: the same device in any mode, at the end of what was received."""
    base = re.split(r"[#>$(:~]", seen.strip())[0].strip()
    return re.compile(rf"(?:^|\n){re.escape(base)}[^\n]{{0,80}}[#>$] *$" if base else r"(?!)")


def last_line(text: str) -> str:
    """What stands at the end, which is a prompt when the device has said all."""
    return text.rstrip("\n").rpartition("\n")[2]


def answer_of(text: str, command: str) -> str:
    """The answer alone: without the echo of the command before it and the prompt behind it."""
    lines = text.rstrip("\n").split("\n")[:-1]
    echo = next((number for number, line in enumerate(lines[:ECHO_LINES]) if _is_echo(line, command)), -1)
    return "\n".join(lines[echo + 1 :]).strip("\n")


def _is_echo(line: str, command: str) -> bool:
    """A long command's echo is cut or moved aside by the terminal: its end or its beginning is enough."""
    line, command = line.strip(), command.strip()
    return bool(command) and (line.endswith(command[-30:]) or (len(line) > 10 and command.startswith(line[-30:])) or command in line)
