"""What is generated is what model and tables say today."""

from cli.devices import FILE, document
from cli.schema import FOLDER, schemas


def test_the_schemas_are_current():
    assert {path.name: path.read_text() for path in FOLDER.iterdir()} == schemas(), "run 'scripts/motcua schema' and commit docs/schema"


def test_the_table_of_devices_is_current():
    assert FILE.read_text(encoding="utf-8") == document(), "run 'scripts/motcua devices' and commit docs/devices.md"
