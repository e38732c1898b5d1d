import Foundation
import Support

/// A server in Python on a free port of the loopback interface, which keeps what it is sent.
final class LocalProvider: Sendable {
  private let process = Process()
  private let inbox: String
  let port: Int
  var address: String { "http://127.0.0.1:\(port)" }

  /// Answers 404 for `/missing`, leads from `/moved` to another page, from `/private` to a login and from
  /// `/loop` to itself, else 200; what is posted is kept.
  static let web = """
    import http.server, sys
    moved = {"/moved": "/runbook", "/private": "/login?next=private", "/loop": "/loop"}
    class Handler(http.server.BaseHTTPRequestHandler):
      def answer(self, status):
        self.send_response(status)
        if self.path in moved:
          self.send_header("Location", moved[self.path])
        self.send_header("Content-Length", "0")
        self.end_headers()
      def do_GET(self):
        self.answer(404 if self.path == "/missing" else 302 if self.path in moved else 200)
      do_HEAD = do_GET
      def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(sys.argv[1], "ab") as inbox:
          inbox.write(body)
        self.answer(200)
      def log_message(self, *arguments):
        pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1])
    server.serve_forever()
    """

  /// Speaks as much SMTP as a login needs; commands are kept. The password is `right`.
  static let mail = """
    import base64, socketserver, sys
    class Handler(socketserver.StreamRequestHandler):
      def say(self, text):
        self.wfile.write(text.encode() + b"\\r\\n")
      def handle(self):
        self.say("220 mail.example.com ESMTP")
        for line in self.rfile:
          command = line.decode().strip()
          word = command.split(" ")[0].upper()
          with open(sys.argv[1], "a") as inbox:
            inbox.write(word + "\\n")
          if word == "EHLO":
            self.say("250-mail.example.com")
            self.say("250 AUTH PLAIN")
          elif word == "AUTH":
            words = command.split(" ")
            if len(words) < 3:
              self.say("334 ")
              words.append(self.rfile.readline().decode().strip())
            secret = base64.b64decode(words[2]).split(b"\\0")[-1]
            self.say("235 2.7.0 welcome" if secret == b"right" else "535 5.7.8 wrong password")
          elif word == "QUIT":
            self.say("221 2.0.0 bye")
            return
          else:
            self.say("250 2.0.0 OK")
    class Server(socketserver.ThreadingTCPServer):
      daemon_threads = True
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_address[1])
    server.serve_forever()
    """

  init(_ folder: TemporaryFolder, _ script: String = LocalProvider.web) throws {
    inbox = folder.path + "/inbox-\(UUID().uuidString)"
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = ["-uc", script, inbox]
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    var line = Data()
    while !line.contains(UInt8(ascii: "\n")) {
      let data = output.fileHandleForReading.availableData
      if data.isEmpty { break }
      line += data
    }
    port =
      Int(String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
      ?? 0
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// What was sent so far.
  var received: String { (try? String(contentsOfFile: inbox, encoding: .utf8)) ?? "" }
}
