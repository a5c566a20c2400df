"""Pictures of every page, light and dark, desktop and phone, in both languages, for people to look at: `python -m tests.browser.look [SCENE…]`
writes them into reports/pages/."""

import sys
import tempfile
from itertools import product
from pathlib import Path

from tests.browser.centre import Visit, centre, started
from tests.browser.scenes import SCENES

FOLDER = Path("reports/pages")
SIZES = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}


def main(wanted):
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, centre(Path(folder)) as portal, started() as browser:
        for scene, language in product(SCENES, ("vi", "en")):
            if wanted and scene.__name__ not in wanted:
                continue
            portal.reset()
            visit = Visit(browser, portal)
            visit.context.add_init_script(f"localStorage.setItem('motcua-language', '{language}')")
            page = scene(visit, portal)
            for (size, viewport), theme in product(SIZES.items(), ("light", "dark")):
                page.emulate_media(color_scheme=theme)
                page.set_viewport_size(viewport)
                page.wait_for_timeout(1500)  # tiles that came into view begin
                page.screenshot(path=FOLDER / f"{scene.__name__}-{language}-{size}-{theme}.png")
            visit.context.close()
            print(f"{scene.__name__} {language}: {visit.trouble or 'nothing amiss'}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
