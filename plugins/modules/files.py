"""Write many small files with one round trip; the action of the same name renders them on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: files
short_description: Write many small files with one round trip
version_added: 0.1.0
description:
  - Renders templates on the controller and writes all of them at once, each atomically. Folders that are missing are made.
  - A site behind a slow line costs one round trip instead of one for each file, and a province's thousand cameras cost one task.
options:
  files:
    description: What to write.
    type: list
    elements: dict
    required: true
    suboptions:
      dest:
        description: Path on the machine. With O(each), C({key}) stands for the item's value of that key.
        type: str
        required: true
      src:
        description: >-
          File of the role to copy as it is, with C({key}) as in O(files[].dest). One of O(files[].src), O(files[].template) and
          O(files[].content) is needed.
        type: str
      template:
        description: Template of the role to render.
        type: str
      content:
        description: The content itself.
        type: str
      mode:
        description: Permissions in octal.
        type: str
        default: "0644"
      owner:
        description: The owner's name; unchanged when it isn't given.
        type: str
      group:
        description: The group's name; unchanged when it isn't given.
        type: str
      validate:
        description: Command that must accept a draft before it takes its place; C(%s) stands for the draft.
        type: str
  each:
    description: Write the files once for each of these, which templates see under the name that O(as) gives.
    type: list
    elements: dict
  as:
    description: The name of an item of O(each) in templates.
    type: str
    default: item
  only:
    description: Folders in which nothing else of a kind may stand; what the task doesn't name there is removed.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The folder.
        type: str
        required: true
      pattern:
        description: Shell pattern of the names that the task owns.
        type: str
        required: true
  chosen:
    description: The only paths that are meant, of those to write and those to remove; all when it isn't given.
    type: list
    elements: str
attributes:
  check_mode:
    support: full
    description: Says what would be written and removed.
  diff_mode:
    support: full
    description: Shows every changed file; switch it off, with C(no_log), for files that hold secrets.
  platform:
    support: full
    description: Needs Python on the machine.
    platforms: posix
author:
  - The motcua authors (@motcua)
"""

EXAMPLES = r"""
- name: Enter each site at the hub
  motcua.cctv.files:
    each: "{{ hub_config.sites }}"
    as: hub_site
    files:
      - {template: peer.conf.j2, dest: "/etc/wireguard/peers.d/{site}.conf", mode: "0600"}
    only:
      - {path: /etc/wireguard/peers.d, pattern: "*.conf"}
"""

RETURN = r"""
written:
  description: Paths whose content is new.
  returned: success
  type: list
  elements: str
removed:
  description: Paths that were taken away.
  returned: success
  type: list
  elements: str
"""

import os
import shlex
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

FILE = {
    "dest": {"type": "str", "required": True},
    "content": {"type": "str", "required": True},
    "mode": {"type": "str", "default": "0644"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "validate": {"type": "str"},
}
FOLDER = {"path": {"type": "str", "required": True}, "pattern": {"type": "str", "required": True}}


class Files:
    """What one task does to one machine."""

    def __init__(self, module: AnsibleModule) -> None:
        self._module = module
        self._diffs: list[dict] = []
        self.changed, self.written, self.removed = False, [], []

    def meant(self, path: str) -> bool:
        return self._module.params["chosen"] is None or path in self._module.params["chosen"]

    def write(self, wanted: dict) -> None:
        path, content = Path(wanted["dest"]), wanted["content"]
        before = path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else None
        if before != content:
            self.written.append(str(path))
            self._show(path, before, content)
            if not self._module.check_mode:
                self._replace(path, wanted)
        if path.exists():
            for set_if_different, value in (
                (self._module.set_mode_if_different, wanted["mode"]),
                (self._module.set_owner_if_different, wanted["owner"]),
                (self._module.set_group_if_different, wanted["group"]),
            ):
                self.changed = set_if_different(str(path), value, self.changed)

    def _replace(self, path: Path, wanted: dict) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(wanted["content"])
            if wanted["validate"]:
                code, _, words = self._module.run_command([part.replace("%s", draft) for part in shlex.split(wanted["validate"])])
                if code:
                    self._module.fail_json(
                        msg=f"{path}: the draft isn't accepted: {words.strip()}", written=self.written[:-1], invocation={}
                    )
            self._module.set_mode_if_different(draft, wanted["mode"], False)
            self._module.set_owner_if_different(draft, wanted["owner"], False)
            self._module.set_group_if_different(draft, wanted["group"], False)
            Path(draft).replace(path)
        finally:
            Path(draft).unlink(missing_ok=True)

    def keep_only(self, folder: dict, named: set[str]) -> None:
        for path in sorted(Path(folder["path"]).glob(folder["pattern"])):
            if str(path) not in named and self.meant(str(path)) and path.is_file():
                self.removed.append(str(path))
                self._show(path, path.read_text(encoding="utf-8", errors="surrogateescape"), "")
                if not self._module.check_mode:
                    path.unlink()

    def _show(self, path: Path, before: str | None, after: str) -> None:
        self.changed = True
        if self._module._diff:
            header = {"before_header": str(path), "after_header": str(path)}
            self._diffs.append({**header, "before": before or "", "after": after})

    def result(self) -> dict:
        found = {"changed": self.changed, "written": self.written, "removed": self.removed, "invocation": {}}
        return found | ({"diff": self._diffs} if self._diffs else {})


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "files": {"type": "list", "elements": "dict", "options": FILE, "required": True},
            "only": {"type": "list", "elements": "dict", "options": FOLDER, "default": []},
            "chosen": {"type": "list", "elements": "str"},
        },
        supports_check_mode=True,
        no_log=True,  # the contents don't belong into the machine's journal
    )
    files = Files(module)
    try:
        for wanted in module.params["files"]:
            if files.meant(wanted["dest"]):
                files.write(wanted)
        named = {wanted["dest"] for wanted in module.params["files"]}
        for folder in module.params["only"]:
            files.keep_only(folder, named)
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: can't be written ({error.strerror}); look at the machine's disk and rights", invocation={})
    module.exit_json(**files.result())


if __name__ == "__main__":
    main()
