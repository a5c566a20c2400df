"""Render a role's files on the controller and hand all of them to the module of the same name at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.template import trust_as_template

MANAGED = {"ansible_managed": "Managed by motcua: what is changed here by hand is undone by the next rollout."}
FILE = {
    "dest": {"type": "str", "required": True},
    "src": {"type": "str"},
    "template": {"type": "str"},
    "content": {"type": "str"},
    "mode": {"type": "str", "default": "0644"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "validate": {"type": "str"},
}
FOLDER = {"path": {"type": "str", "required": True}, "pattern": {"type": "str", "required": True}}
OPTIONS = {
    "files": {"type": "list", "elements": "dict", "options": FILE, "required": True},
    "each": {"type": "list", "elements": "dict"},
    "as": {"type": "str", "default": "item"},
    "only": {"type": "list", "elements": "dict", "options": FOLDER, "default": []},
    "chosen": {"type": "list", "elements": "str"},
}


class ActionModule(ActionBase):
    """One module call for all files of a task."""

    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Render, then write."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        _, options = self.validate_argument_spec(OPTIONS)
        arguments = {"files": list(self._files(options, variables)), "only": options["only"], "chosen": options["chosen"]}
        result |= self._execute_module(module_name="motcua.cctv.files", module_args=arguments, task_vars=variables)
        return result

    def _files(self, options: Mapping[str, Any], variables: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        items = [{}] if options["each"] is None else options["each"]
        for item in items:
            seen = variables if options["each"] is None else {**variables, options["as"]: item}
            for file in options["files"]:
                dest = file["dest"] if options["each"] is None else file["dest"].format_map(item)
                rest = {key: file[key] for key in ("mode", "owner", "group", "validate")}
                source = {"src": file["src"].format_map(item)} if file["src"] is not None and options["each"] is not None else {}
                yield {**rest, "dest": dest, "content": self._content({**file, **source}, dest, seen)}

    def _content(self, file: Mapping[str, Any], dest: str, variables: Mapping[str, Any]) -> str:
        if sum(file[key] is not None for key in ("src", "template", "content")) != 1:
            raise AnsibleActionFail(f"{dest}: give one of src, template and content")
        if file["content"] is not None:
            return str(file["content"])
        if file["src"] is not None:
            return Path(self._find("files", file["src"])).read_text(encoding="utf-8")
        return self._rendered(file["template"], variables)

    def _rendered(self, name: str, variables: Mapping[str, Any]) -> str:
        source = self._find("templates", name)
        templar = self._templar.copy_with_new_env(searchpath=[str(Path(source).parent)], available_variables={**variables, **MANAGED})
        text = trust_as_template(Path(source).read_text(encoding="utf-8"))
        rendered = templar.template(text, escape_backslashes=False, overrides={"trim_blocks": True})
        return "" if rendered is None else str(rendered)

    def _find(self, kind: str, name: str) -> str:
        try:
            return str(self._find_needle(kind, name))
        except AnsibleError as error:
            raise AnsibleActionFail(str(error)) from None
