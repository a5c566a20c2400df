"""`motcua schema`: the JSON Schemas that editors complete and check inventory files with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware.catalogue import Catalogue
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.nodes import Nodes

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "schema"


def schemas() -> dict[str, str]:
    """File name -> schema text, for ``province.yml``, for the files in ``sites/``, for ``firmware/firmware.yml`` and for ``nodes.yml``."""
    whole = Province.model_json_schema(by_alias=True)
    definitions = whole["$defs"]
    properties = {key: value for key, value in whole["properties"].items() if key not in ("sites", "viewers", "hub_public_keys")}
    properties["plugin"] = {"const": "motcua.cctv.province"}
    required = ["plugin", *(key for key in whole["required"] if key in properties)]
    sites = {"sites": whole["properties"]["sites"]}
    images = Catalogue.model_json_schema(by_alias=True)
    across = Nodes.model_json_schema(by_alias=True)
    return {
        "nodes.schema.json": _text("motcua: nodes.yml", across["properties"], ["nodes"], across["$defs"]),
        "firmware.schema.json": _text("motcua: firmware/firmware.yml", images["properties"], ["images"], images["$defs"]),
        "province.schema.json": _text("motcua: province.yml", properties, required, definitions),
        "sites.schema.json": _text("motcua: sites/*.yml", sites, ["sites"], definitions),
    }


def _text(title: str, properties: dict[str, Any], required: list[str], definitions: dict[str, Any]) -> str:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": required,
        "$defs": definitions,
    }
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def schema() -> None:
    """Write the JSON Schemas of the inventory files to docs/schema/."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
