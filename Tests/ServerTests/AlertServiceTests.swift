import Alerting
import Events
import Foundation
import Logging
import Monitoring
import Statistics
import Store
import Support
import Telemetry
import Testing

@testable import PlumblineServer

/// What the alerting of the service does at each tick, and what it does beside them.
struct AlertServiceTests {
  let folder: TemporaryFolder
  let history: History
  private static let now = Instant("2026-11-24T12:00:00Z") ?? Instant(microseconds: 0)

  init() throws {
    folder = try TemporaryFolder()
    history = try History(path: folder.path + "/history.db")
  }

  private static func seconds(_ seconds: Int) -> Instant {
    Instant(microseconds: now.microseconds + Int64(seconds) * 1_000_000)
  }

  private func sample(_ value: Double, at time: Instant) -> MetricSample {
    MetricSample(metric: "error_rate", labels: ["model_name": "m"], at: time, value: value)
  }

  private func service(_ rules: String) throws -> AlertService {
    let log = try EventLog(folder: folder.path + "/data", clock: { Self.now })
    let state = try ServiceState(
      log: log, joiner: PayloadJoiner(log: log), registry: MetricRegistry(),
      configuration: try ConfigurationReader.read(
        "alerting: {default_rules: false, rules: [\(rules)]}", path: "plumbline.yaml",
        environment: [:]), now: { Self.now })
    return try AlertService(
      state: state, history: history,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  @Test func `A tick does not wait for thresholds to be worked out, and the next one follows them`()
    async throws
  {
    var generator = SeededGenerator(seed: 1)
    try history.add(
      (1...14 * 144).map { step in
        let noise = (0..<12).reduce(-6.0) { sum, _ in sum + generator.uniform() }
        return sample(0.4 + 0.05 * noise, at: Self.seconds(-600 * step))
      })
    let service = try service(
      """
      {name: follows, metric: error_rate, condition: "> 50%", consecutive_failures: 1,
       dynamic: {mode: apply, minimum: 30%, maximum: 90%}},
      {name: silent, metric: prediction_rate, where: {model_name: ghost}, condition: absent, for: 5m}
      """)
    func firing() -> [String] {
      service.records.filter { $0.state == .firing }.map(\.rule).sorted()
    }
    service.tick(at: Self.seconds(0))
    service.tick(at: Self.seconds(300))
    #expect(firing() == ["silent"])
    #expect(try history.thresholdChanges().isEmpty)

    await service.workOutThresholds(at: Self.seconds(300))
    let change = try #require(try history.thresholdChanges().first)
    #expect(change.state == .applied && change.after > 0.5)
    let between = (0.5 + change.after) / 2
    // The next tick, which is not one that looks at traffic, has the rule follow.
    service.tick(at: Self.seconds(301))
    service.record([sample(between, at: Self.seconds(1))])
    #expect(firing() == ["silent"])
    service.record([sample(change.after + 0.01, at: Self.seconds(2))])
    #expect(firing() == ["follows", "silent"])

    // Once a day.
    try ThresholdLog(history).revert("follows", at: Self.seconds(302))
    await service.workOutThresholds(at: Self.seconds(302))
    #expect(try history.thresholdChanges().count == 2)
    await service.workOutThresholds(at: Self.seconds(300 + 86_400))
    #expect(try history.thresholdChanges().first?.state == .proposed)
  }
}
