import Foundation
import Support
import Testing

/// Bodies that come slowly, or are too large.
extension ServiceTests {
  @Test func `Who sends half a body holds nobody else up`() async throws {
    let service = try start("  limits: {body_bytes: 64KB, pending_bytes: 64KB}\n")
    let program = """
      import socket, sys
      open_ones = []
      for number in range(40):
          s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
          s.sendall(b"POST /v1/models/m/predictions HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: application/json\\r\\n"
                    + (b"Content-Length: 60000\\r\\n\\r\\n[{" if number % 2 else
                       b"Transfer-Encoding: chunked\\r\\n\\r\\n2\\r\\n[{\\r\\n"))
          open_ones.append(s)
      print("ready", flush=True)
      sys.stdin.read()
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = ["-c", program, "\(service.address.port ?? 0)"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    #expect(said.hasPrefix("ready"))
    for round in 0..<5 {
      #expect(await service.predict([round])?.json["accepted"] as? Int == 1)
    }
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    // What was never sent whole was never taken.
    #expect(await service.request("GET", "v1/models")?.text.contains("\"name\":\"m\"") == false)
  }

  /// What a program of Python prints that is given the service's port.
  private func output(of program: String, _ service: RunningService) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = ["-c", program, "\(service.address.port ?? 0)"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return said
  }

  @Test func `A body may come byte by byte; one that no longer comes is given up`() async throws {
    let service = try start("  limits: {idle_seconds: 1}\n")
    let said = try output(
      of: """
        import socket, sys, time
        body = b'[{"prediction_id": "a"}]'
        def opened(model):
            s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60)
            s.sendall(b"POST /v1/models/%s/predictions HTTP/1.1\\r\\nHost: x\\r\\n"
                      b"Content-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % (model, len(body)))
            return s
        silent, slow = opened(b"silent"), opened(b"slow")
        silent.sendall(body[:-1])
        for byte in body:
            slow.sendall(bytes([byte]))
            time.sleep(0.1)
        answer = b""
        while not answer.endswith(b"}"):
            answer += slow.recv(65536)
        print(b'"accepted":1' in answer)
        print(silent.recv(65536))
        """, service)
    #expect(said == "True\nb''\n")
    // What was never sent whole was never taken.
    let models = try #require(await service.request("GET", "v1/models")?.text)
    #expect(models.contains("\"name\":\"slow\"") && !models.contains("\"name\":\"silent\""))
  }

  @Test(arguments: ["application/json", "application/vnd.apache.parquet"])
  func `A body past the limit is refused as it comes, whatever it says of itself`(
    type: String
  ) async throws {
    let service = try start("  limits: {body_bytes: 64KB, file_bytes: 64KB}\n")
    let said = try output(
      of: """
        import select, socket, sys
        for head in [b"Content-Length: 1000000000000", b"Transfer-Encoding: chunked"]:
            s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60)
            s.sendall(b"POST /v1/models/m/predictions HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: \(type)\\r\\n"
                      + head + b"\\r\\n\\r\\n")
            # A body that would never end.
            while b"chunked" in head and not select.select([s], [], [], 0)[0]:
                s.sendall(b"400\\r\\n" + b" " * 1024 + b"\\r\\n")
            answer = b""
            while not answer.endswith(b"}"):
                answer += s.recv(65536)
            print(answer.split()[1].decode(), b"body_too_large" in answer)
        """, service)
    #expect(said == "413 True\n413 True\n")
    #expect(await service.predict([1])?.status == 200)
  }

  @Test(.timeLimit(.minutes(1)))
  func `A client that asks whether its body is wanted is told so at once`() async throws {
    let service = try start()
    let program = """
      import socket, sys
      s = socket.socket()
      s.connect(("127.0.0.1", int(sys.argv[1])))
      body = b'[{"prediction_id": "a"}]'
      head = (b"POST /v1/models/m/predictions HTTP/1.1\\r\\nHost: x\\r\\nExpect: 100-continue\\r\\n"
              b"Content-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body))
      s.sendall(head)
      # Nothing of the body goes out before: without an answer this waits for ever.
      print(s.recv(1000).decode().strip())
      s.sendall(body)
      answer = b""
      while not answer.endswith(b"}"):
          part = s.recv(1000)
          assert part, answer
          answer += part
      print(answer.decode().split("\\r\\n")[0])
      """
    let said = try ToolRun.python(["-c", program, "\(service.address.port ?? 0)"]).output
    #expect(said == "HTTP/1.1 100 Continue\nHTTP/1.1 200 OK\n")
  }

  @Test func `HEAD is answered as GET, without a body`() async throws {
    let service = try start()
    let program = """
      import http.client, sys
      for path in sys.argv[2:]:
          answers = []
          # The connection stays of use: a body where none belongs would be read as the next answer.
          connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
          for method in ["HEAD", "GET", "HEAD"]:
              connection.request(method, path)
              answer = connection.getresponse()
              length = int(answer.headers["Content-Length"])
              answers.append((answer.status, answer.headers["Content-Type"], len(answer.read())))
              assert method == "HEAD" or answers[-1][2] == length, (path, answers)
          assert answers[0][:2] == answers[1][:2] and answers[0][2] == answers[2][2] == 0, (path, answers)
          print(path, answers[0][0])
      """
    let run = try ToolRun.python([
      "-c", program, "\(service.address.port ?? 0)", "/", "/healthz", "/readyz", "/metrics",
      "/v1/models", "/nowhere", "/v1/run",
    ])
    #expect(
      run.output == "/ 200\n/healthz 200\n/readyz 200\n/metrics 200\n/v1/models 200\n/nowhere 404\n"
        + "/v1/run 405\n", "\(run.all)")
  }
}
