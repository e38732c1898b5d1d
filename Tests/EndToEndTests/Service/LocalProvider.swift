import Foundation
import Support

/// Answers on a free port: 404 for `/missing`, else 200; what is posted is kept.
final class LocalProvider: Sendable {
  private let process = Process()
  private let inbox: String
  let address: String

  init(_ folder: TemporaryFolder) throws {
    inbox = folder.path + "/inbox-\(UUID().uuidString)"
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = [
      "-uc",
      """
      import http.server, sys
      class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self, status):
          self.send_response(status)
          self.send_header("Content-Length", "0")
          self.end_headers()
        def do_GET(self):
          self.answer(404 if self.path == "/missing" else 200)
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
      """, inbox,
    ]
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
    let port = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    address = "http://127.0.0.1:\(port)"
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// What was posted so far.
  var received: String { (try? String(contentsOfFile: inbox, encoding: .utf8)) ?? "" }
}
