import DataSources
import Foundation
import Monitoring
import Outbound
import Store

/// What the service has kept of checks, metrics and alerts.
protocol Records: Sendable {
  /// What a check found last, where it could be made; nil where it never was.
  func newestReport(of model: String, check: String) throws -> RunReport?
  /// The newest runs of a check, failures among them, newest first.
  func runs(of model: String, check: String, limit: Int) throws -> [RunSummary]
  /// What happened to alerts, newest first.
  func alertEvents(from: Instant) throws -> [AlertEvent]
  /// Attempts to deliver messages, newest first.
  func deliveries(limit: Int) throws -> [DeliveryAttempt]
  /// A metric that rules look at, as it was, in the order of time.
  func samples(of metric: String, from: Instant) throws -> [MetricSample]
  /// Where this comes from, in messages.
  var place: String { get }
}

/// Why there are no records.
struct NoRecords: ExplainedError {
  let why: String
  var mend = "name the data folder with --data-folder, or a running service with --url"
  var code: String { "no_records" }
  var what: String { why }
}

/// The history in the data folder.
struct HistoryRecords: Records {
  let history: History
  let place: String

  func newestReport(of model: String, check: String) throws -> RunReport? {
    try history.newest(of: model, check: check)?.report
  }

  func runs(of model: String, check: String, limit: Int) throws -> [RunSummary] {
    try history.list(limit: limit, model: model, check: check)
  }

  func alertEvents(from: Instant) throws -> [AlertEvent] {
    try history.alertEvents(from: from, limit: RecordLimits.events)
  }

  func deliveries(limit: Int) throws -> [DeliveryAttempt] {
    try history.deliveryAttempts(limit: limit)
  }

  func samples(of metric: String, from: Instant) throws -> [MetricSample] {
    try history.samples(of: metric, from: from)
  }
}

/// The same over HTTP, as far as the service tells it.
struct ServiceRecords: Records {
  let access: ServiceAccess
  var place: String { access.peer }

  private struct Runs: Decodable {
    var runs: [RunSummary]
  }

  private struct Events: Decodable {
    var events: [AlertEvent]
    var next: Int64?
  }

  private struct Attempts: Decodable {
    var attempts: [DeliveryAttempt]
  }

  func runs(of model: String, check: String, limit: Int) throws -> [RunSummary] {
    let query = "?limit=\(limit)&check=\(WebAddress.segment(check))"
    return try access.get("v1/models/\(WebAddress.segment(model))/runs" + query, as: Runs.self).runs
  }

  func newestReport(of model: String, check: String) throws -> RunReport? {
    let run = try runs(of: model, check: check, limit: 100).first { $0.kind != .failure }
    guard let run else { return nil }
    let path = "v1/runs/\(run.id)"
    return switch run.kind {
    case .drift: .drift(try access.get(path, as: DriftReport.self))
    case .quality: .quality(try access.get(path, as: DataQualityReport.self))
    case .performance: .performance(try access.get(path, as: PerformanceReport.self))
    case .failure: nil
    }
  }

  func alertEvents(from: Instant) throws -> [AlertEvent] {
    var events: [AlertEvent] = []
    var before: Int64?
    repeat {
      let page = try access.get(
        "v1/alert-events?limit=1000" + (before.map { "&before=\($0)" } ?? ""), as: Events.self)
      events += page.events.filter { $0.at >= from }
      before = page.events.last.map { $0.at < from } == true ? nil : page.next
    } while before != nil && events.count < RecordLimits.events
    return events
  }

  func deliveries(limit: Int) throws -> [DeliveryAttempt] {
    try access.get("v1/notifications?limit=\(min(limit, 1_000))", as: Attempts.self).attempts
  }

  func samples(of metric: String, from: Instant) throws -> [MetricSample] {
    throw NoRecords(
      why: "the service does not tell metrics as they were over HTTP",
      mend: "name Prometheus with --prometheus, or the data folder with --data-folder")
  }
}

/// There are none.
struct MissingRecords: Records {
  let why: String
  /// Whether there is a file that cannot be read, as opposed to none yet.
  var isBroken = false
  var place: String { "nowhere" }

  private var error: NoRecords { NoRecords(why: why) }

  func newestReport(of model: String, check: String) throws -> RunReport? { throw error }
  func runs(of model: String, check: String, limit: Int) throws -> [RunSummary] { throw error }
  func alertEvents(from: Instant) throws -> [AlertEvent] { throw error }
  func deliveries(limit: Int) throws -> [DeliveryAttempt] { throw error }
  func samples(of metric: String, from: Instant) throws -> [MetricSample] { throw error }
}

/// How much is read at most, so that a long history keeps nobody waiting.
enum RecordLimits {
  static let events = 10_000
}
