"""Mail servers that keep what they take, read by Python's own parser of mail.

A recipient's local part is the key its mails are kept under, and may ask for trouble: `refused…` is
refused with 550, `later…` with 451, and mails to `unwanted…` are refused with 554 after their data.
"""

import asyncio, email, email.policy, socket, ssl, struct, threading
from email.utils import parsedate_to_datetime

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Sink:
    def __init__(self, keep, tls):
        self.keep = keep
        self.tls = tls

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused"):
            return "550 5.1.1 no such user"
        if address.startswith("later"):
            return "451 4.7.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if any(address.startswith("unwanted") for address in envelope.rcpt_tos):
            return "554 5.7.1 looks like spam"
        mail = read(envelope)
        mail["tls"] = session.ssl is not None or self.tls
        mail["user"] = getattr(session.auth_data, "login", b"").decode()
        for address in envelope.rcpt_tos:
            self.keep(address.split("@")[0], mail)
        return "250 2.0.0 Ok: queued as 12345"


class Stubborn(Sink):
    """Takes mails and never says good-bye."""

    async def handle_QUIT(self, server, session, envelope):
        await asyncio.sleep(3600)


def read(envelope):
    content = envelope.content
    message = email.message_from_bytes(content, policy=email.policy.default)
    problems = [repr(defect) for defect in message.defects]
    lines = content.split(b"\r\n")
    if any(b"\n" in line or b"\r" in line for line in lines):
        problems.append("a line ends with less than CR LF")
    if max(map(len, lines)) > 998:
        problems.append("a line is longer than 998")
    head = content.split(b"\r\n\r\n")[0]
    if any(byte > 126 or (byte < 32 and byte not in b"\r\n\t") for byte in head):
        problems.append("the headers are not printable ASCII")
    for name in ("Date", "From", "To", "Subject", "Message-ID", "MIME-Version"):
        if len(message.get_all(name, [])) != 1:
            problems.append(f"{name} is there {len(message.get_all(name, []))} times")
        else:
            problems += [repr(defect) for defect in message[name].defects]
    for part in message.walk():
        problems += [repr(defect) for defect in part.defects]
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    return {
        "sender": envelope.mail_from, "recipients": envelope.rcpt_tos, "problems": problems,
        "headers": {name.lower(): str(value) for name, value in message.items()},
        "time": int(parsedate_to_datetime(message["Date"]).timestamp()),
        "type": message.get_content_type(),
        "text": text.get_content().replace("\r\n", "\n") if text else None,
        "html": html.get_content().replace("\r\n", "\n") if html else None,
    }


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (
        b"watch", "pä ss".encode())
    # What is not handled here is answered with 535 by the server.
    return AuthResult(success=good, handled=False, auth_data=data)


class Starting(Controller):
    """A controller on a free port."""

    def __init__(self, handler, **options):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        super().__init__(handler, hostname="127.0.0.1", port=port, **options)


def rude(act):
    """A port where every connection gets the same rude treatment."""
    server = socket.create_server(("127.0.0.1", 0))

    def run():
        kept = []
        while True:
            connection, _ = server.accept()
            kept.append(connection)
            act(connection)

    threading.Thread(target=run, daemon=True).start()
    return server.getsockname()[1]


def reset(connection):
    connection.sendall(b"220 mail\r\n")
    connection.recv(100)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def speak_http(connection):
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    connection.close()


def start(keep, context):
    """Starts all servers; gives their ports by name."""
    controllers = {
        "plain": Starting(Sink(keep, False)),
        "stubborn": Starting(Stubborn(keep, False)),
        "starttls": Starting(Sink(keep, False), tls_context=context, require_starttls=True),
        "tls": Starting(Sink(keep, True), ssl_context=context),
        "auth": Starting(
            Sink(keep, False), tls_context=context, require_starttls=True, auth_required=True,
            authenticator=authenticate),
    }
    for controller in controllers.values():
        controller.start()
    ports = {name: controller.port for name, controller in controllers.items()}
    ports["hang"] = rude(lambda connection: None)
    ports["reset"] = rude(reset)
    ports["garbage"] = rude(speak_http)
    return ports
