"""Stands in for the providers of notifications, and holds what comes against their published contracts.

Prints one line of JSON when it listens: {"http": PORT, "https": PORT, "refused": PORT, "certificate": FILE,
"mail": {NAME: PORT}}; for the mail servers see mail_sink.py.
Ends when its standard input does, so it never outlives the tests, or after ten minutes.

  POST /BEHAVIOUR/KEY/PROVIDER/...   answered as the provider does, or as the behaviour says:
      ok, hang, reset, slam, garbage, redirect, long, proxy-page, 429, 429-date, or any other status
  GET  /received/KEY                 what came, as [{method, path, headers, body, problems}]

What violates a contract is answered with 400 or the like, as the provider would, and noted as a problem.
"""

import json, os, socket, ssl, struct, subprocess, sys, tempfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import mail_sink
from contracts import CONTRACTS

received = {}
lock = threading.Lock()


def keep(key, item):
    with lock:
        received.setdefault(key, []).append(item)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        parts = self.path.split("/")
        if len(parts) == 3 and parts[1] == "received":
            with lock:
                body = json.dumps(received.get(parts[2], []), ensure_ascii=False).encode()
            return self.answer(200, body, [("Content-Type", "application/json")])
        self.answer(404)

    def do_POST(self):
        address = urlsplit(self.path)
        _, behaviour, key, provider, *rest = address.path.split("/")
        if behaviour == "slam":
            # Gone before the body is read.
            self.close_connection = True
            return
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if behaviour == "reset":
            # Closing with unsent data thrown away makes the peer see a reset.
            self.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        contract = CONTRACTS[provider]
        problems, good, bad = contract(
            "/" + "/".join(rest), parse_qs(address.query), self.headers, body)
        keep(key, {
            "method": self.command, "path": unquote(address.path), "query": address.query,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.decode("utf-8", "replace"), "problems": problems,
        })
        if behaviour == "hang":
            # Answers nothing; returns when the client has given up.
            self.connection.recv(1)
            self.close_connection = True
            return
        if behaviour == "garbage":
            self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            self.close_connection = True
            return
        if behaviour == "redirect":
            return self.answer(307, b"", [("Location", f"/ok/{key}/{provider}/elsewhere")])
        if behaviour == "proxy-page":
            return self.answer(200, b"<html>please log in</html>")
        if behaviour == "long":
            return self.answer(200, b"ok" + b"x" * (4 << 20))
        if behaviour == "echo":
            return self.answer(400, self.path.encode() + b" " + body)
        if behaviour == "429":
            return self.answer(429, b"rate_limited", [("Retry-After", "7")])
        if behaviour == "429-date":
            return self.answer(
                429, b"rate_limited", [("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT")])
        if behaviour != "ok":
            return self.answer(int(behaviour), bad)
        if problems:
            return self.answer(400, json.dumps(problems).encode())
        status, text = good
        self.answer(status, text)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        # A client that gives up is part of the tests.
        pass


def certificate(folder):
    """A certificate for 127.0.0.1 that only whoever is given its file trusts."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=plumbline-test", "-keyout", f"{folder}/key.pem",
         "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-out", f"{folder}/cert.pem"],
        check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    return f"{folder}/cert.pem", context


def main():
    with tempfile.TemporaryDirectory() as folder:
        file, context = certificate(folder)
        plain = Server(("127.0.0.1", 0), Handler)
        secure = Server(("127.0.0.1", 0), Handler)
        secure.socket = context.wrap_socket(
            secure.socket, server_side=True, do_handshake_on_connect=False)
        # Bound and not listening: connections are refused, and nobody else gets the port.
        refused = socket.socket()
        refused.bind(("127.0.0.1", 0))
        for server in (plain, secure):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        print(json.dumps({
            "http": plain.server_port, "https": secure.server_port,
            "refused": refused.getsockname()[1], "certificate": file,
            "mail": mail_sink.start(keep, context)}), flush=True)
        timer = threading.Timer(600, os._exit, [1])
        timer.daemon = True
        timer.start()
        sys.stdin.read()


if __name__ == "__main__":
    main()
