"""A server out on the lab's Internet: answers any GET. `python3 -m tests.emulators.web ADDRESS`."""

import http.server
import sys


class Page(http.server.BaseHTTPRequestHandler):
    """One page for everybody."""

    def do_GET(self):
        body = b"the Internet\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer((sys.argv[1], 80), Page)
    print("ready", flush=True)
    server.serve_forever()
