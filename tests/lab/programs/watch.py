"""A person in front of Chromium: `watch.py BASE KEY ACCOUNT CAMERA`, in an office's network; the password on standard input, JSON printed.

KEY is the SHA-256 of the portal's public key in base64: the browser takes this certificate and no other. Printed: how long the first picture took, the cameras in the tree, how far the first
video's time went on in a few seconds, how many different pictures it showed, and everything that went wrong.
"""

import json
import os
import sys
import time

from playwright.sync_api import sync_playwright

PICTURE = """video => {
  const canvas = document.createElement('canvas');
  canvas.width = 64; canvas.height = 36;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(video, 0, 0, 64, 36);
  return [video.currentTime, Array.from(context.getImageData(0, 0, 64, 36).data).join()];
}"""
LOOKS, PAUSE_MS = 5, 1000


def main():
    base, key, account, camera = sys.argv[1:]
    password = sys.stdin.readline().rstrip("\n")
    flags = [
        f"--ignore-certificate-errors-spki-list={key}",
        "--disable-background-networking",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ]
    trouble = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        page = browser.new_context(base_url=base, locale="vi-VN").new_page()
        page.on(
            "request",
            lambda request: None if request.url.startswith((base, "blob:", "data:")) else trouble.append(f"left the centre: {request.url}"),
        )
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.goto("/")
        page.get_by_label("Tài khoản").fill(account)
        page.get_by_label("Mật khẩu").fill(password)
        page.keyboard.press("Enter")
        page.locator(".tree [data-camera]").first.wait_for(state="attached", timeout=30_000)
        cameras = page.locator(".tree [data-camera]").evaluate_all("items => items.map(item => item.dataset.camera)")
        page.get_by_role("searchbox").fill(page.locator(f".tree [data-camera={camera}] .name").text_content())
        page.locator(f".tree [data-camera={camera}] .label").click()
        clicked_s = time.monotonic()
        video = page.locator(".tile[data-stream=playing] video").first
        video.wait_for(state="attached", timeout=60_000)
        first_s = time.monotonic() - clicked_s
        seen = []
        for _ in range(LOOKS):
            seen.append(video.evaluate(PICTURE))
            page.wait_for_timeout(PAUSE_MS)
        browser.close()
    print(
        json.dumps(
            {
                "first_s": first_s,
                "cameras": cameras,
                "seconds": seen[-1][0] - seen[0][0],
                "pictures": len({pixels for _, pixels in seen}),
                "trouble": trouble,
            }
        )
    )


main()
