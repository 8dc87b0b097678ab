"""Hosts that take reports on TLS by HTTPS (RFC 8460 5.4): what was posted is kept; how it is answered, tests say."""

import gzip
import http.server
import json
import ssl
import threading


class Post:
    def __init__(self, handler, body):
        self.host, self.path, self.headers, self.body = handler.server.name, handler.path, dict(handler.headers.items()), body

    @property
    def report(self):
        return json.loads(gzip.decompress(self.body))


class Collector:
    """
    address, certificate  where it is, and what it shows (house.pki)
    answers               statuses for the first posts, in their order; then 201
    """

    def __init__(self, address, name, certificate, answers=(), port=443):
        self.name, self.posts, self.answers = name, [], list(answers)
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                collector.posts.append(Post(self, self.rfile.read(int(self.headers["Content-Length"]))))
                status = collector.answers.pop(0) if collector.answers else 201
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", f"https://{name}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        self.server = http.server.ThreadingHTTPServer((address, port), Handler)
        self.server.daemon_threads = True
        self.server.name = name
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
