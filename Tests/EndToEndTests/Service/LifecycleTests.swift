import Foundation
import Support
import Synchronization
import Testing

/// Starting, reloading and clients that leave, as they happen in production.
struct LifecycleTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func configuration(_ more: String = "") -> String {
    """
    service:
      data_folder: \(folder.path)/data
      listen: 127.0.0.1:0
    \(more)
    """
  }

  private func write(_ text: String) throws {
    try text.write(toFile: folder.path + "/plumbline.yaml", atomically: true, encoding: .utf8)
  }

  // MARK: Reload

  @Test func `A SIGHUP while the service starts neither ends it nor is lost`() throws {
    // A pipe as the file: whoever opens its other end is reading the configuration.
    let pipe = folder.path + "/plumbline.yaml"
    try #require(mkfifo(pipe, 0o600) == 0)
    let log = folder.path + "/log"
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    let process = Process()
    process.executableURL = RunningService.binary
    process.arguments = ["serve", "--config", pipe]
    process.standardError = FileHandle(forWritingAtPath: log)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
    func give(_ text: String, meanwhile: () -> Void = {}) throws {
      let file = try #require(FileHandle(forWritingAtPath: pipe))
      meanwhile()
      try file.write(contentsOf: Data(text.utf8))
      try file.close()
    }
    try give(configuration()) { kill(process.processIdentifier, SIGHUP) }
    func wait(until said: String) throws {
      while true {
        let text = try String(contentsOfFile: log, encoding: .utf8)
        if text.contains(said) { return }
        try #require(process.isRunning, "\(text)")
        Thread.sleep(forTimeInterval: 0.01)
      }
    }
    try wait(until: "listening")
    // It reads once more, because of the signal alone.
    try give(configuration("  log: {level: debug}"))
    try wait(until: "the configuration was read again")
    process.terminate()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  private final class Load: Sendable {
    let isOver = Mutex(false)
  }

  @Test func `No request is dropped while the configuration is read again and again`() async throws
  {
    let service = try RunningService(folder, configuration())
    let wrong = configuration("  tokens: 3")
    let load = Load()
    let answers = await withTaskGroup(of: [Int].self) { group in
      for client in 0..<4 {
        group.addTask {
          var statuses: [Int] = []
          var next = client * 1_000_000
          while !load.isOver.withLock({ $0 }) {
            statuses.append(await service.predict(next..<next + 20)?.status ?? 0)
            next += 20
          }
          return statuses
        }
      }
      for round in 1...10 {
        let isWrong = round % 2 == 0
        let before = service.logText.matches(of: /read again|kept as it was/).count
        do {
          try write(isWrong ? wrong : configuration("  limits: {series: \(1_000 + round)}"))
        } catch {
          Issue.record("\(error)")
        }
        service.send(SIGHUP)
        while service.logText.matches(of: /read again|kept as it was/).count == before {
          await Task.yield()
        }
      }
      load.isOver.withLock { $0 = true }
      return await group.reduce(into: []) { $0 += $1 }
    }
    #expect(answers.count > 20 && Set(answers) == [200], "\(Set(answers))")
    #expect(service.logText.matches(of: /kept as it was/).count == 5)
    service.send(SIGTERM)
    #expect(service.wait() == 0)
  }

  @Test func `A reload that names what is not there is refused, a start is not`() async throws {
    let model = "models: [{name: m, reference: \(folder.path)/none.parquet}]"
    let service = try RunningService(folder, configuration(model))
    #expect(service.logText.contains("line 4: reference: there is no file"), "\(service.logText)")
    #expect(await service.predict([1])?.status == 200)
    try write(configuration("models: [{name: n, production: nosuch://host/db}]"))
    service.send(SIGHUP)
    while !service.logText.contains("kept as it was") { await Task.yield() }
    #expect(service.logText.contains("no ADBC driver named `nosuch`"))
    #expect(await service.request("GET", "v1/models")?.text.contains("\"name\":\"m\"") == true)
  }

  @Test func `A reload of an empty file, or of one that drops all tokens, changes nothing`()
    async throws
  {
    let secret = try folder.write("secret", "a-token-that-is-long-enough")
    let service = try RunningService(
      folder, configuration("  tokens: [{name: a, scopes: [admin], file: \(secret)}]"))
    for (text, told) in [("", "the file is empty"), (configuration(), "it drops all tokens")] {
      try write(text)
      service.send(SIGHUP)
      while !service.logText.contains(told) { await Task.yield() }
      #expect(await service.request("GET", "v1/models")?.status == 401)
    }
    #expect(!service.logText.contains("read again"))
    try write(configuration("  allow_unauthenticated: true\n  stop_seconds: 29"))
    service.send(SIGHUP)
    while !service.logText.contains("read again") { await Task.yield() }
    #expect(service.logText.contains("at the next start only keys=stop_seconds\n"))
    #expect(await service.request("GET", "v1/models")?.status == 200)
  }

  // MARK: Clients that leave

  @Test func `A stop in the middle of a body is no error`() async throws {
    let service = try RunningService(
      folder, configuration("  stop_seconds: 3\n  log: {level: debug}"))
    let program = """
      import socket, sys
      s = socket.socket()
      s.connect(("127.0.0.1", int(sys.argv[1])))
      s.sendall(b"POST /v1/models/m/predictions HTTP/1.1\\r\\nHost: x\\r\\nExpect: 100-continue\\r\\n"
                b"Content-Type: application/json\\r\\nContent-Length: 60000\\r\\n\\r\\n[{")
      s.recv(100)
      print("sent", flush=True)
      s.recv(100)
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = ["-c", program, "\(service.address.port ?? 0)"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    try #require(try output.fileHandleForReading.read(upToCount: 4) != nil)
    service.send(SIGTERM)
    #expect(service.wait() == 0)
    process.waitUntilExit()
    let loud = service.logText.split(separator: "\n").filter { $0.contains(" error ") }
    #expect(loud == [], "\(loud)")
    #expect(service.logText.contains("a request was given up by the stop"), "\(service.logText)")
  }

  @Test func `A client that hangs up in the middle is worth a word at debug, and no error`()
    async throws
  {
    let service = try RunningService(folder, configuration("  log: {level: debug}"))
    #expect(await service.predict(0..<20_000)?.status == 200)
    let program = """
      import socket, struct, sys
      def opened(text, receive=None):
          s = socket.socket()
          if receive: s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
          s.connect(("127.0.0.1", int(sys.argv[1])))
          s.sendall(text)
          return s
      def hang_up(s, reset):
          if reset: s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
          s.close()
      head = b" HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: application/json\\r\\n"
      for reset in [False, True]:
          for path in [b"models/m/predictions", b"cloudevents", b"run"]:
              hang_up(opened(b"POST /v1/" + path + head + b"Content-Length: 60000\\r\\n\\r\\n[{"), reset)
          # And one that wants no more of an answer.
          s = opened(b"GET /v1/models/fraud/predictions" + head + b"\\r\\n", 2048)
          s.recv(100)
          hang_up(s, reset)
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = ["-c", program, "\(service.address.port ?? 0)"]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    while service.logText.matches(of: /debug a client went away/).count < 6 { await Task.yield() }
    service.send(SIGTERM)
    #expect(service.wait() == 0)
    let loud = service.logText.split(separator: "\n").filter {
      $0.contains(" error ") || $0.contains(" warning ") || $0.contains(" critical ")
    }
    #expect(loud == [], "\(loud)")
  }
}
