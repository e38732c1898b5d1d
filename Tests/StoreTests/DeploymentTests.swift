import Monitoring
import Store
import Support
import Testing

/// What was put into service, and what else a diagnosis is given of the history.
struct DeploymentTests {
  let folder: TemporaryFolder
  let history: History

  init() throws {
    folder = try TemporaryFolder()
    history = try History(path: folder.path + "/history.db")
  }

  private func at(_ second: Int64) -> Instant { Instant(microseconds: second * 1_000_000) }

  @Test func `Deployments come newest first, of one model, and once for each time`() throws {
    let first = Deployment(at: at(1), version: "v1")
    let second = Deployment(
      at: at(2), version: "v2", config: "abc", dependencies: ["numpy": "2.1"])
    try history.add(first, of: "fraud")
    try history.add(Deployment(at: at(2), version: "mistaken"), of: "fraud")
    try history.add(second, of: "fraud")
    try history.add(Deployment(at: at(3), version: "other"), of: "churn")
    #expect(try history.deployments(of: "fraud") == [second, first])
    #expect(try history.deployments(of: "fraud", until: at(2)) == [first])
    #expect(try History(path: folder.path + "/history.db").deployments(of: "churn").count == 1)
  }

  @Test func `Of many the newest stay`() throws {
    for second in 0..<(History.deploymentsKept + 5) {
      try history.add(Deployment(at: at(Int64(second)), version: "v\(second)"), of: "fraud")
    }
    let kept = try history.deployments(of: "fraud")
    #expect(kept.count == History.deploymentsKept)
    #expect(kept.last?.at == at(5))
  }

  @Test func `Evidence is of one model and one time`() throws {
    func sample(_ second: Int64, _ labels: [String: String]) -> MetricSample {
      MetricSample(metric: "error_rate", labels: labels, at: at(second), value: Double(second))
    }
    try history.add([
      sample(1, ["model_name": "fraud"]), sample(5, ["model_name": "fraud"]),
      sample(6, ["model_name": "churn"]), sample(7, ["job": "shared"]),
      sample(9, ["model_name": "fraud"]),
    ])
    var evidence = DiagnosisEvidence()
    try history.add(to: &evidence, model: "fraud", from: at(2), until: at(9))
    #expect(evidence.metrics.map(\.value) == [5, 7])
    var all = DiagnosisEvidence()
    try history.add(to: &all)
    #expect(all.metrics.count == 5)
  }

  @Test func `However much else happened, a diagnosis has the alerts of its model and time`()
    throws
  {
    func event(_ second: Int64, _ kind: AlertEvent.Kind, _ labels: [String: String]) -> AlertEvent {
      AlertEvent(
        at: at(second), kind: kind,
        alert: AlertRecord(
          fingerprint: "f\(second)", rule: "r", metric: "m", severity: .info, state: .firing,
          labels: labels, title: "", description: "", updatedAt: at(second)))
    }
    var changes = History.AlertChanges()
    changes.events = [
      event(1, .firing, ["model_name": "fraud"]), event(3, .firing, ["model_name": "fraud"]),
      event(4, .pending, ["model_name": "fraud"]), event(5, .firing, [:]),
      event(6, .resolved, ["model_name": "fraud"]), event(7, .firing, ["model_name": "churn"]),
    ]
    // More than are looked at, of another model, of another kind and of after.
    for _ in 0..<3_400 {
      changes.events += [
        event(8, .firing, ["model_name": "churn"]), event(8, .undelivered, ["model_name": "fraud"]),
        event(9, .firing, ["model_name": "fraud"]),
      ]
    }
    try history.commit(changes)
    var evidence = DiagnosisEvidence()
    try history.add(to: &evidence, model: "fraud", from: at(2), until: at(9))
    #expect(evidence.alerts.map(\.at) == [at(3), at(5), at(6)])
    #expect(evidence.alerts.map(\.kind) == ["firing", "firing", "resolved"])
  }
}
