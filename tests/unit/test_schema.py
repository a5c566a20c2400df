"""The editors' schema is what the model says today."""

from cli.schema import FOLDER, schemas


def test_the_schemas_are_current():
    assert {path.name: path.read_text() for path in FOLDER.iterdir()} == schemas(), "run 'scripts/motcua schema' and commit docs/schema"
