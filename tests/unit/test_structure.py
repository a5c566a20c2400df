"""The architecture as a test: a file imports only what stands to its left."""

import ast
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.doc_fragments.connection import ModuleDocFragment
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS

CORE = Path("plugins/plugin_utils")
ORDER = [
    "errors", "settings", "vendors", "catalogue", "model", "overrides", "contradictions", "yaml_file", "load", "plan", "scale", "secrets", "sealed", "vault", "pki", "desired", "planned", "routers", "reachability", "digest", "pins", "trust", "transport", "terminal", "discovery", "dialects", "accounts", "diff", "redaction", "conversation", "turns", "apply", "renewal", "reconcile", "operations",
    "connection", "guarded", "console", "files", "outlines", "sps", "rtp", "rtsp", "survey", "exchange", "rotations", "action", "audit",
    "findings", "chosen", "repairs", "comparison", "waves", "rotatable", "acceptance", "snapshots", "nodes", "backups", "firmware", "rules", "waivers", "database", "history", "report",
]  # fmt: skip
PLAN = [
    "addresses", "tunnels", "ladder", "optimum", "streams", "storage", "footage", "access", "matrix", "reasons", "suitability", "lacks", "reuse",
    "shards",
]  # fmt: skip
FILES = sorted(path for path in CORE.rglob("*.py"))


def room(path):
    return path.relative_to(CORE).parts[0].removesuffix(".py")


def imports(path):
    """The core rooms that a file imports, and the neighbours within its own room."""
    here = path.relative_to(CORE).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = here[: len(here) - node.level]
        target = (*base, *(node.module or "").split(".")) if node.module else base
        yield from ((*target, alias.name) if not node.module else target for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_imports_only_from_its_left(path):
    if path.parent == CORE:
        assert room(path) in ORDER, f"{path} has no place in the order"
    for target in imports(path):
        assert target, f"{path} imports the core as a whole"
        if target[0] == room(path):
            if target[0] == "plan" and len(target) > 1:
                assert PLAN.index(target[1]) < PLAN.index(path.stem)
            continue
        assert ORDER.index(target[0]) < ORDER.index(room(path)), f"{path} imports {target[0]}, which stands to its right"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_only_transport_and_terminal_open_a_socket(path):
    names = {
        alias.name.split(".")[0] for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import) for alias in node.names
    }
    names |= {
        (node.module or "").split(".")[0]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and not node.level
    }
    # Discovery also runs alone at a site's router, where there is no transport.
    if room(path) not in ("transport", "terminal", "discovery"):
        assert not names & {"socket", "ssl", "aiohttp", "httpx", "httpcore", "paramiko", "netmiko", "urllib3", "requests"}


def test_rooms_of_vendors_and_dialects_stay_small():
    lengths = {path: len(path.read_text().splitlines()) for path in FILES}
    assert not [path for path, length in lengths.items() if room(path) == "vendors" and length > 250]
    assert not [path for path, length in lengths.items() if room(path) == "dialects" and length > 300]


def test_no_vendors_name_decides_anything_outside_the_tables():
    """A comparison with a vendor's name, or a branch on it, would be a change of the engine for the next vendor."""
    names = set(VENDORS)
    for path in FILES:
        if room(path) == "vendors":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            compared = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
            compared += [node.pattern.value] if isinstance(node, ast.match_case) and isinstance(node.pattern, ast.MatchValue) else []
            constants = {one.value for one in compared if isinstance(one, ast.Constant)}
            constants |= {
                one.value
                for holder in compared
                if isinstance(holder, ast.Tuple | ast.Set)
                for one in holder.elts
                if isinstance(one, ast.Constant)
            }
            assert not constants & names, f"{path}:{getattr(node, 'lineno', '?')} decides by a vendor's name"


def test_the_modules_offer_the_vendors_that_there_are():
    options = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert set(options["vendor"]["choices"]) == set(VENDORS)


def test_the_collection_is_reached_by_five_links():
    folder = Path("collections/ansible_collections/motcua/cctv")
    assert {link.name for link in folder.iterdir() if link.is_symlink()} == {"plugins", "roles", "playbooks", "meta", "galaxy.yml"}
    assert all(link.resolve().parent == Path.cwd() for link in folder.iterdir())


BESIDE = {
    "intake": ["cells", "editing", "said", "joining", "matching", "forms", "surveys", "netbox", "opening"],
    "documents": ["pdf", "speech", "subject", "tables", "rows", "judgement", "drawings", "screen", "sheets", "letters", "index", "workbook", "publish", "acceptance"],
}  # fmt: skip


@pytest.mark.parametrize("top", BESIDE)
def test_the_rooms_beside_the_core_import_only_from_their_left_too(top):
    order = BESIDE[top]
    for path in sorted(Path(top).rglob("*.py")):
        here = path.relative_to(top).with_suffix("").parts
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ImportFrom):
                continue
            base = here[: len(here) - node.level] if node.level else ()
            module = tuple((node.module or "").split(".")) if node.module else ()
            if not node.level and module[:1] != (top,):
                continue
            whole = (*base, *module) if node.level else module[1:]
            for target in [whole] if module else [(*whole, alias.name) for alias in node.names]:
                if target and target[0] != here[0]:
                    assert order.index(target[0]) < order.index(here[0]), f"{path} imports {target[0]}, which stands to its right"


def test_no_room_is_a_lumber_room():
    tracked = [
        path
        for top in ("plugins", "roles", "playbooks", "lab", "cli", "intake", "documents", "scripts", "tests")
        for path in Path(top).rglob("*")
    ]
    assert not [path for path in tracked if path.stem in ("utils", "helpers", "common", "manager", "misc")]
