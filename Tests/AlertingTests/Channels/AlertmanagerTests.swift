import Foundation
import Monitoring
import Support
import Testing

@testable import Alerting
@testable import Outbound

/// A real Alertmanager, and what it makes of alerts.
@Suite(.timeLimit(.minutes(2))) struct AlertmanagerTests {
  private static let now = Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))

  private func send(
    _ message: AlertMessage, to manager: RunningAlertmanager, text: String? = nil
  ) throws {
    var configuration = ChannelConfiguration(
      name: "am",
      target: .alertmanager(url: manager.address + "/", username: "am", password: "p:ä"))
    configuration.certificateAuthority = nil
    configuration.textTemplate = text
    _ = try Channels.make(configuration) { Self.now }.send(message)
  }

  /// A message of now: Alertmanager looks at its own clock.
  private func message(_ kind: AlertMessage.Kind, _ alerts: [AlertRecord]) -> AlertMessage {
    var message = Sample.message(kind, alerts: alerts)
    message.createdAt = Self.now
    for index in message.alerts.indices {
      message.alerts[index].startsAt = Instant(
        microseconds: Self.now.microseconds - 600_000_000)
      if kind == .resolved { message.alerts[index].endsAt = Self.now }
    }
    return message
  }

  @Test func `Alertmanager takes alerts, lists them firing and then no more`() throws {
    let manager = try RunningAlertmanager()
    #expect(try manager.send("/api/v2/alerts").status == 401)
    try send(message(.firing, [Sample.alert()]), to: manager)
    let alert = try #require(try manager.alerts().first)
    #expect(
      alert.labels == [
        "alertname": "model_accuracy_degradation", "model_name": "fraud", "severity": "critical",
      ])
    #expect(alert.status.state == "active")
    #expect(alert.annotations["summary"] == "Accuracy of fraud is 81.20%")
    #expect(alert.annotations["description"] == "It was 91% & more.\nLook at <segments>.")
    #expect(alert.annotations["threshold"] == "0.85")
    #expect(alert.generatorURL == "https://plumbline.example.com/")
    // Not over after five minutes, as an alert without an end would be.
    let end = try #require(Instant(alert.endsAt))
    #expect(end.microseconds > Self.now.microseconds + 600_000_000)

    try send(message(.acknowledged, [Sample.alert()]), to: manager)
    #expect(try manager.alerts().map { $0.annotations["acknowledged_by"] } == ["Grace"])

    try send(message(.resolved, [Sample.alert()]), to: manager)
    #expect(try manager.alerts().isEmpty)
    // Again, as an attempt whose answer was lost would be.
    try send(message(.resolved, [Sample.alert()]), to: manager)
  }

  @Test func `Alertmanager takes whatever labels come`() throws {
    let manager = try RunningAlertmanager()
    var hostile = Sample.hostileMessage(.firing, id: "1")
    hostile = message(.firing, hostile.alerts)
    hostile.externalURL = "https://plumbline.example.com/\"><script>|> x%zz"
    try send(hostile, to: manager, text: "{{#alerts}}{{description}}{{/alerts}}")
    let alerts = try manager.alerts()
    #expect(alerts.count == Sample.hostileTexts.count)
    #expect(alerts.allSatisfy { $0.labels["_9lives"] == "nine" && $0.labels["a_b_2"] == "dot" })
    #expect(Set(alerts.compactMap { $0.labels["model_name"] }).count == alerts.count)
  }

  @Test func `A test is over by itself`() throws {
    let manager = try RunningAlertmanager()
    try send(message(.test, []), to: manager)
    let alert = try #require(try manager.alerts().first)
    #expect(alert.labels["test"] == "true" && alert.labels["severity"] == "info")
    let end = try #require(Instant(alert.endsAt))
    #expect(end.microseconds <= Self.now.microseconds + 60_000_000)
  }
}

/// An Alertmanager on a free port that asks for user and password.
final class RunningAlertmanager: Sendable {
  struct Alert: Decodable {
    struct Status: Decodable { var state: String }

    var labels: [String: String]
    var annotations: [String: String]
    var status: Status
    var endsAt: String
    var generatorURL: String?
  }

  let address: String
  private let process = Process()
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let config = try folder.write(
      "alertmanager.yml", "{route: {receiver: none}, receivers: [{name: none}]}")
    // bcrypt of "p:ä", at the least cost.
    let web = try folder.write("web.yml", "basic_auth_users: {am: \(Self.password)}")
    process.executableURL = URL(fileURLWithPath: "/usr/bin/prometheus-alertmanager")
    process.arguments = [
      "--config.file=\(config)", "--web.config.file=\(web)", "--storage.path=\(folder.path)/data",
      "--cluster.listen-address=", "--web.listen-address=127.0.0.1:0", "--log.format=json",
    ]
    let output = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = output
    try process.run()
    address = "http://" + (try Self.listening(output.fileHandleForReading))
    // Whatever else it says is read, so that it never waits for somebody to read it.
    output.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  private static let password = "$2b$04$XpRkxclIy8Gbtw4zW1FF4OsLmFn7YoUigg2P1lyJmB0/TVQ6MRSp2"

  /// Host and port, which it logs once it listens.
  private static func listening(_ log: FileHandle) throws -> String {
    var text = ""
    while true {
      let data = log.availableData
      try #require(!data.isEmpty, "Alertmanager ended: \(text)")
      text += String(decoding: data, as: UTF8.self)
      for line in text.split(separator: "\n") {
        let entry = try? JSONDecoder().decode([String: String].self, from: Data(line.utf8))
        if let entry, entry["msg"] == "Listening on", let address = entry["address"] {
          return address
        }
      }
    }
  }

  func send(_ path: String, user: String? = nil) throws -> HTTPResponse {
    try HTTPClient(timeoutMilliseconds: 60_000).send(
      HTTPRequest(
        method: "GET", url: address + path,
        headers: user.map { [("Authorization", "Basic \($0)")] } ?? []))
  }

  /// What it lists, which are alerts that are not over.
  func alerts() throws -> [Alert] {
    let user = Data("am:p:ä".utf8).base64EncodedString()
    let answer = try send("/api/v2/alerts", user: user)
    return try JSONDecoder().decode([Alert].self, from: Data(answer.body))
  }
}
