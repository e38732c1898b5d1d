import Foundation
import Support
import Testing

/// Whether the service is ready, as a container's health check asks; and what keeps it from starting.
struct HealthTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// What the container file has for its health check, with another configuration.
  private func healthCheck(_ config: String) throws -> [String] {
    let file = URL(fileURLWithPath: #filePath)
      .appendingPathComponent("../../../../Deploy/container/Containerfile").standardizedFileURL
    let text = try String(contentsOf: file, encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("HEALTHCHECK") })
    let command = try #require(line.firstIndex(of: "["))
    let words = try JSONDecoder().decode([String].self, from: Data(line[command...].utf8))
    try #require(words.first == "plumbline")
    return words.dropFirst().map { $0 == "/etc/plumbline/plumbline.yaml" ? config : $0 }
  }

  @Test(arguments: [false, true])
  func `The container's health check speaks plain HTTP and TLS`(isEncrypted: Bool) throws {
    var more = ""
    if isEncrypted {
      let made = try ToolRun(
        "/usr/bin/openssl",
        [
          "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
          "/CN=plumbline.example.com", "-keyout", folder.path + "/key.pem", "-out",
          folder.path + "/cert.pem",
        ])
      try #require(made.code == 0)
      more = "  tls: {certificate: \(folder.path)/cert.pem, key: \(folder.path)/key.pem}\n"
    }
    let service = try RunningService(
      folder,
      "service:\n  data_folder: \(folder.path)/data\n  listen: \"127.0.0.1:0\"\n" + more)
    let port = service.address.port ?? 0
    // A health check that is ready for anything has mistakes elsewhere in the file, too.
    let config = try folder.write(
      "health.yaml", "service:\n  listen: \"0.0.0.0:\(port)\"\n  stop_seconds: 0\n" + more)
    let proxied = ProcessInfo.processInfo.environment.merging([
      "http_proxy": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1",
    ]) { $1 }
    let command = try healthCheck(config)
    let ready = try ToolRun(
      RunningService.binary.path, command, environment: proxied, isAlone: true)
    #expect(ready.code == 0 && ready.output == "127.0.0.1:\(port) is ready\n", "\(ready)")
    let wrongScheme = (isEncrypted ? "http" : "https") + "://127.0.0.1:\(port)"
    #expect(try CommandRun.plumbline(["health", "--url", wrongScheme]).code == 1)
    service.send(SIGTERM)
    #expect(service.wait() == 0)
    let gone = try CommandRun.plumbline(command + ["--format", "json"])
    #expect(gone.code == 1 && gone.output.contains("\"ready\""), "\(gone)")
    #expect(try CommandRun.plumbline(["health", "--url", "nonsense"]).code == 2)
  }

  @Test func `A driver that is missing is what the service says is missing`() throws {
    // A copy elsewhere finds no drivers beside itself.
    let binary = URL(fileURLWithPath: folder.path + "/plumbline")
    try FileManager.default.copyItem(at: RunningService.binary, to: binary)
    let started = try ToolRun(
      binary.path, ["serve", "--data-folder", folder.path + "/data", "--listen", "127.0.0.1:0"],
      environment: ["HOME": folder.path, "PATH": "/usr/bin:/bin"], isAlone: true, at: folder.path)
    #expect(started.code == 2)
    #expect(started.errors.contains("no ADBC driver named `duckdb`"), "\(started.errors)")
    #expect(started.errors.contains("make drivers") && !started.errors.contains("data folder"))
  }

  @Test func `check-config tells programs what it tells people`() throws {
    let config = try folder.write(
      "c.yaml",
      """
      service: {stop_seconds: 0}
      models:
        - {name: a, reference: \(folder.path)/none.parquet, production: "\(folder.path)/*.csv"}
      """)
    let table = try CommandRun.plumbline(["check-config", "--config", config])
    #expect(table.code == 2 && table.output.isEmpty)
    #expect(table.errors.contains(":1: `0` is not") && table.errors.contains(":3: reference: "))
    #expect(table.errors.contains("note: line 3: production: no file matches"))
    let json = try CommandRun.plumbline(
      ["check-config", "--config", config, "--format", "json"])
    #expect(json.code == 2)
    let answer = try #require(
      JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect(answer["valid"] as? Bool == false)
    let mistakes = try #require(answer["mistakes"] as? [[String: Any]])
    #expect(mistakes.map { $0["line"] as? Int } == [1, 3])
    #expect(
      mistakes.first?["mend"] as? String == "write a whole number from 1 to 3600", "\(json.output)")
    #expect((answer["notes"] as? [[String: Any]])?.count == 1)
    try "service: {listen: \"0.0.0.0:8080\"}".write(
      toFile: config, atomically: true, encoding: .utf8)
    let open = try CommandRun.plumbline(["check-config", "--config", config])
    #expect(open.code == 2 && open.errors.contains(":1: everyone who reaches 0.0.0.0 could"))
    try "service: {}".write(toFile: config, atomically: true, encoding: .utf8)
    let fine = try CommandRun.plumbline(["check-config", "--config", config])
    #expect(fine.code == 0 && fine.output == "The configuration has no mistakes.\n")
  }
}
