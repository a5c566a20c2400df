"""A site is accepted by a run of one minute, in a record that the centre signed; about four minutes."""

import json
import shutil

from tests.lab.conftest import INVENTORY, motcua

SITE = "tan-dinh"


def test_a_site_is_accepted_and_its_record_holds_until_somebody_changes_it(tmp_path):
    ran = motcua("acceptance", SITE, "-i", INVENTORY, "--minutes", "1", "--output", str(tmp_path))
    assert ran.code == 0, ran.text[-4000:]
    (folder,) = (tmp_path / SITE).iterdir()
    record = json.loads((folder / "acceptance.json").read_text())
    assert record["verdict"] == "accepted"
    assert {name for name, one in record["trial"]["pictures"].items() if one["frames"] > 500} == {f"{SITE}-cam1", f"{SITE}-cam2"}
    assert all(path["received"] for path in record["trial"]["paths"].values())
    assert {"acceptance-vi.pdf", "acceptance-en.pdf", "manifest.sig"} <= {file.name for file in folder.iterdir()}
    assert motcua("acceptance", "-i", INVENTORY, "--check", str(folder)).code == 0
    shutil.copy(folder / "acceptance-en.pdf", folder / "acceptance-vi.pdf")
    checked = motcua("acceptance", "-i", INVENTORY, "--check", str(folder))
    assert checked.code == 2
    assert "acceptance-vi.pdf: was changed after it was signed" in checked.text
