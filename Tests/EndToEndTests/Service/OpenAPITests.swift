import Foundation
import Support
import Testing

/// The service against its own description.
struct OpenAPITests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private static let secrets = ["admin", "ingest", "read", "expired"].reduce(
    into: [String: String]()
  ) { $0[$1] = "\($1)-token-of-the-tests" }

  private func start() throws -> RunningService {
    let tokens = try Self.secrets.map { name, secret in
      let file = try folder.write("tokens/\(name)", secret)
      return name == "expired"
        ? "{name: expired, scopes: [admin], file: \(file), expires: 2020-01-01}"
        : "{name: \(name), scopes: [\(name)], file: \(file)}"
    }
    return try RunningService(
      folder,
      """
      service:
        data_folder: \(folder.path)/data
        listen: 127.0.0.1:0
        tokens: [\(tokens.joined(separator: ", "))]
      models: [{name: fraud, version: v1, type: classification}]
      experiments:
        - {experiment_id: checkout, min_sample_size: 100, max_sample_size: 1000, metrics: [converted]}
      """)
  }

  @Test func `Schemathesis finds nothing that is not as described`() throws {
    let service = try start()
    let path = try #require(
      ProcessInfo.processInfo.environment["PLUMBLINE_TEST_SCHEMATHESIS"],
      "run the tests with `make test`, which installs schemathesis")
    let rules = Bundle.module.bundleURL.appendingPathComponent("Fixtures/schemathesis.toml").path
    let run = try ToolRun(
      path,
      [
        "--config-file", rules, "run", service.address.absoluteString + "/openapi.json",
        "--max-examples", "20", "--generation-deterministic", "--no-color",
        "--header", "Authorization: Bearer \(Self.secrets["admin"] ?? "")",
      ], at: folder.path)
    #expect(run.code == 0, "\(run.all.suffix(8_000))")
    #expect(!service.logText.contains(" error "), "\(service.logText.suffix(2_000))")
  }

  @Test func `Every address asks for a token of its scope`() async throws {
    let service = try start()
    let document = try #require(await service.request("GET", "openapi.json"))
    let paths = try #require(document.json["paths"] as? [String: [String: Any]])
    var asked = 0
    for (address, operations) in paths {
      let path = address.dropFirst().replacing("{model}", with: "fraud")
        .replacing("v1/runs/{id}", with: "v1/runs/1").replacing(
          "v1/silences/{id}", with: "v1/silences/1"
        )
        .replacing("{id}", with: "checkout").replacing("{fingerprint}", with: "none")
      for (method, operation) in operations where ["get", "post", "delete"].contains(method) {
        let security = (operation as? [String: Any])?["security"] as? [[String: [String]]]
        func status(_ token: String?) async -> Int? {
          await service.request(
            method.uppercased(), String(path), body: method == "post" ? Data("{}".utf8) : nil,
            type: method == "post" ? "application/json" : nil,
            headers: token.map { ["Authorization": "Bearer \($0)"] } ?? [:])?.status
        }
        guard let scope = security?.first?["token"]?.first else {
          #expect(await status(nil) == 200, "\(method) \(path) is open")
          continue
        }
        asked += 1
        for token in [nil, "wrong", "", Self.secrets["expired"]] {
          #expect(await status(token) == 401, "\(method) \(path) with \(token ?? "none")")
        }
        let other = scope == "read" ? "ingest" : "read"
        #expect(await status(Self.secrets[other]) == 403, "\(method) \(path) for \(other)")
        for right in Set([scope, "admin"]) {
          let status = await status(Self.secrets[right])
          #expect(status != 401 && status != 403 && status != 405, "\(method) \(path)")
        }
      }
    }
    #expect(asked >= 21)
    let wrong = try #require(await service.request("DELETE", "v1/models"))
    #expect(wrong.status == 405 && wrong.headers["allow"] == "GET, HEAD")
  }
}
