"""Keep systemd units enabled and running, however many, with one round trip."""

from __future__ import annotations

DOCUMENTATION = r"""
module: units
short_description: Keep systemd units enabled and running, however many, with one round trip
version_added: 0.1.0
description:
  - Asks systemd once about all units, and starts, enables, restarts or stops only those that need it.
  - Reads changed unit files by itself.
options:
  running:
    description: Units that are to be enabled (where they can be) and active.
    type: list
    elements: str
    default: []
  restarted:
    description: Units to restart in any case; those that don't run are started.
    type: list
    elements: str
    default: []
  try_restarted:
    description: Units to restart if they run.
    type: list
    elements: str
    default: []
  stopped:
    description: Units that are to be disabled and inactive; unknown ones are.
    type: list
    elements: str
    default: []
  chosen:
    description: The only units that are meant, of all that are named; all when it isn't given.
    type: list
    elements: str
attributes:
  check_mode:
    support: full
    description: A unit that isn't known yet is predicted to start.
  diff_mode:
    support: none
    description: RV(actions) says it.
  platform:
    support: full
    description: Needs systemd.
    platforms: posix
author:
  - The motcua authors (@motcua)
"""

EXAMPLES = r"""
- name: Keep clock and tunnel running
  motcua.cctv.units:
    running: [motcua-clock.service, wg-quick@wg0.service]
"""

RETURN = r"""
actions:
  description: What was done to which units, by systemctl's verb.
  returned: success
  type: dict
  sample: {enable: [motcua-clock.service], start: [motcua-clock.service]}
"""

from ansible.module_utils.basic import AnsibleModule

ASKED = ("Id", "LoadState", "UnitFileState", "ActiveState", "NeedDaemonReload")
# Enough names for a province's recorders would exceed what one command may carry.
NAMES_PER_COMMAND = 400
RUNS = ("active", "activating", "reloading")


def parse(text: str) -> list[dict]:
    """Blocks of ``Key=value`` lines, one for each unit, in the order of asking."""
    return [dict(line.split("=", 1) for line in block.splitlines() if "=" in line) for block in text.strip().split("\n\n") if block]


def plan(wanted: dict, states: dict) -> dict:
    """What is to be done, by systemctl's verb; pure."""
    run = [*wanted["running"], *(name for name in wanted["restarted"] if name not in wanted["running"])]
    return {
        "unmask": [name for name in run if states[name].get("UnitFileState") == "masked"],
        "disable": [name for name in wanted["stopped"] if states[name].get("UnitFileState") == "enabled"],
        "stop": [name for name in wanted["stopped"] if states[name]["ActiveState"] not in ("inactive", "failed")],
        "enable": [name for name in run if states[name].get("UnitFileState") in ("disabled", "masked")],
        "restart": list(wanted["restarted"]),
        "try-restart": [name for name in wanted["try_restarted"] if states[name]["ActiveState"] in RUNS],
        "start": [name for name in wanted["running"] if name not in wanted["restarted"] and states[name]["ActiveState"] not in RUNS],
    }


class Systemctl:
    """The program, asked in portions."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module

    def __call__(self, *verb: str, names: list[str]) -> str:
        portions = [names[at : at + NAMES_PER_COMMAND] for at in range(0, len(names), NAMES_PER_COMMAND)]
        return "\n".join(self.once([*verb, *portion]) for portion in portions)

    def once(self, arguments: list[str]) -> str:
        code, out, words = self._module.run_command(["systemctl", *arguments])
        if code:
            self._module.fail_json(
                msg=f"systemctl {' '.join(arguments)}: {words.strip() or out.strip()}; 'journalctl -u UNIT' on the machine says why"
            )
        return str(out)

    def behind(self) -> bool:
        """Whether any loaded unit is older than its file: a timer is asked for here, and what it starts was written anew."""
        return "NeedDaemonReload=yes" in self.once(["show", "--property=NeedDaemonReload", "*"])

    def states(self, names: list[str]) -> dict:
        found = parse(self("show", f"--property={','.join(ASKED)}", names=names))
        return dict(zip(names, found, strict=True))


def main() -> None:
    names = {"type": "list", "elements": "str", "default": []}
    options = ("running", "restarted", "try_restarted", "stopped")
    specification = {**dict.fromkeys(options, names), "chosen": {"type": "list", "elements": "str"}}
    module = AnsibleModule(argument_spec=specification, supports_check_mode=True)
    chosen, systemctl = module.params["chosen"], Systemctl(module)
    wanted = {option: [name for name in module.params[option] if chosen is None or name in chosen] for option in options}
    asked = list(dict.fromkeys(name for option in options for name in wanted[option]))
    states = systemctl.states(asked)
    stale = systemctl.behind() or any(state["NeedDaemonReload"] == "yes" or state["LoadState"] == "not-found" for state in states.values())
    if stale and not module.check_mode:
        systemctl.once(["daemon-reload"])
        states = systemctl.states(asked)
    unknown = [name for name in asked if states[name]["LoadState"] == "not-found" and name not in wanted["stopped"]]
    if unknown and not module.check_mode:
        module.fail_json(msg=f"{', '.join(unknown)}: systemd knows no such unit; was its file written?")
    todo = {verb: units for verb, units in plan(wanted, states).items() if units}
    for verb, units in () if module.check_mode else todo.items():
        systemctl(verb, names=units)
    module.exit_json(changed=bool(todo), actions=todo)


if __name__ == "__main__":
    main()
