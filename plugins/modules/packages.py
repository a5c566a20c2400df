"""Have Debian packages installed; where they are, nothing but dpkg is asked."""

from __future__ import annotations

DOCUMENTATION = r"""
module: packages
short_description: Have Debian packages installed, at the price of one question where they are
version_added: 0.1.0
description:
  - Asks dpkg which of the packages are missing, and has apt-get install those.
  - An audit asks this a dozen times a machine; to open the whole of apt's cache each time costs ten times as much.
options:
  names:
    description: Packages that are to be installed, in whatever version the machine's sources have.
    type: list
    elements: str
    required: true
  recommends:
    description: Whether to install what the packages recommend, too.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    description: Says what would be installed.
  diff_mode:
    support: full
    description: Names the missing packages.
  platform:
    support: full
    description: Needs dpkg and apt-get.
    platforms: debian
author:
  - The motcua authors (@motcua)
"""

EXAMPLES = r"""
- name: Install the firewall's package
  motcua.cctv.packages:
    names: [nftables]
"""

RETURN = r"""
installed:
  description: Packages that were missing.
  returned: success
  type: list
  elements: str
  sample: [nftables]
"""

from ansible.module_utils.basic import AnsibleModule

WAIT_SECONDS = 60  # for another apt, such as the nightly one
# A file that somebody changed stays: what motcua owns it writes itself.
INSTALL = [
    *("apt-get", "install", "--yes", "--quiet", f"--option=DPkg::Lock::Timeout={WAIT_SECONDS}"),
    *("--option=Dpkg::Options::=--force-confdef", "--option=Dpkg::Options::=--force-confold"),
]


def missing(names: list[str], said: str) -> list[str]:
    """The names that aren't installed, by what dpkg-query said: ``ii`` and a name each; pure."""
    there = {line.split()[1] for line in said.splitlines() if line.startswith(("ii ", "hi "))}
    return [name for name in names if name not in there]


def main() -> None:
    names = {"type": "list", "elements": "str", "required": True}
    module = AnsibleModule({"names": names, "recommends": {"type": "bool", "default": True}}, supports_check_mode=True)
    wanted = module.params["names"]
    # It exits with 1 as soon as one of them is unknown, and has said the others by then.
    _, said, _ = module.run_command(["dpkg-query", "--show", "--showformat=${db:Status-Abbrev} ${Package}\\n", *wanted])
    gone = missing(wanted, said)
    if gone and not module.check_mode:
        more = [] if module.params["recommends"] else ["--no-install-recommends"]
        code, out, words = module.run_command([*INSTALL, *more, *gone], environ_update={"DEBIAN_FRONTEND": "noninteractive"})
        if code:
            reason = ([line for line in (out + words).splitlines() if line.strip()] or ["it said nothing"])[-1]
            module.fail_json(
                msg=f"{', '.join(gone)}: apt-get couldn't install them ({reason}); run 'apt-get update' there, or correct its sources"
            )
    module.exit_json(changed=bool(gone), installed=gone, diff={"before": "", "after": "".join(f"{name}\n" for name in gone)})


if __name__ == "__main__":
    main()
