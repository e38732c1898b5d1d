import DataSources
import Foundation
import Monitoring
import Outbound
import Reporting

/// A part of the debug checklist: gathers what its questions need, and answers each.
///
/// It never throws: what cannot be found out is an answer too. What was gathered is judged by pure
/// functions (`…Judgement`), which need no server to be tried.
protocol Checkup: Sendable {
  func items(_ visit: Visit) -> [DoctorItem]
}

/// A question of the checklist.
struct Question: Sendable {
  let id: String
  let section: DoctorItem.Section
  let text: String

  init(_ id: String, _ section: DoctorItem.Section, _ text: String) {
    self.id = id
    self.section = section
    self.text = text
  }

  func answer(_ finding: Finding, of subject: String? = nil) -> DoctorItem {
    DoctorItem(
      id: id, section: section, subject: subject, question: text, outcome: finding.outcome,
      seen: finding.seen, mend: finding.mend)
  }
}

/// An answer: what was seen, and what mends it.
struct Finding: Sendable, Equatable {
  var outcome: DoctorItem.Outcome
  var seen: String
  var mend: String?

  static func ok(_ seen: String) -> Finding { Finding(outcome: .ok, seen: seen) }

  static func failed(_ seen: String, mend: String) -> Finding {
    Finding(outcome: .failed, seen: seen, mend: mend)
  }

  static func warning(_ seen: String, mend: String) -> Finding {
    Finding(outcome: .warning, seen: seen, mend: mend)
  }

  static func unknown(_ seen: String, mend: String? = nil) -> Finding {
    Finding(outcome: .unknown, seen: seen, mend: mend)
  }

  static func skipped(_ why: String) -> Finding { Finding(outcome: .skipped, seen: why) }

  static func failed(_ error: any Error) -> Finding {
    let explained = error as? any ExplainedError
    return failed(
      explained?.what ?? "\(error)", mend: explained?.mend ?? "see what the message names")
  }

  static func unknown(_ error: any Error) -> Finding {
    let explained = error as? any ExplainedError
    return unknown(explained?.what ?? "\(error)", mend: explained?.mend)
  }

  /// One answer of many: the worst of them, with all that are as bad or worse than fine; where all are
  /// fine, `fine`.
  static func worst(of findings: [Finding], fine: String) -> Finding {
    let order: [DoctorItem.Outcome] = [.failed, .warning, .unknown]
    guard let worst = order.first(where: { outcome in findings.contains { $0.outcome == outcome } })
    else { return .ok(fine) }
    let bad = order.flatMap { outcome in findings.filter { $0.outcome == outcome } }
    var mends: [String] = []
    for mend in bad.compactMap(\.mend) where !mends.contains(mend) { mends.append(mend) }
    return Finding(
      outcome: worst, seen: Self.listed(bad.map(\.seen)),
      mend: mends.isEmpty ? nil : Self.listed(mends))
  }

  /// The first of some texts, and how many there are besides.
  static func listed(_ texts: [String], limit: Int = 5) -> String {
    let shown = texts.prefix(limit).joined(separator: "; ")
    return texts.count > limit ? shown + "; and \(texts.count - limit) more" : shown
  }
}

/// Everything a checkup may look at.
struct Visit: Sendable {
  var configuration: Configuration
  /// What is wrong with the configuration; what could be read of it is in ``configuration``.
  var mistakes = ConfigurationMistakes()
  /// The file, as it was named; nil for none.
  var configurationPath: String?
  var service: ServiceContact
  var prometheus: PrometheusClient?
  /// The job the service is scraped by.
  var job: String
  var records: any Records
  var events: any EventAccess
  var sources: SourceOpener
  var now: Instant
  /// How far back is looked.
  var since: TimeSpan
  /// Whether nobody is asked, and only what is on this machine looked at.
  var isOffline: Bool
  /// Whether test messages are sent.
  var sendsTests: Bool
  /// Asks what is neither the service nor Prometheus.
  var http: HTTPClient
  /// The data folder that is looked at; nil where the service is another machine's.
  var dataFolder: String?

  /// When what is looked at begins.
  var start: Instant {
    Instant(microseconds: (now.microseconds - since.microseconds) / 1_000_000 * 1_000_000)
  }
}

extension Instant {
  /// Seconds since 1970.
  var seconds: Double { Double(microseconds) / 1e6 }

  init(seconds: Double) {
    // What Prometheus says of times is not trusted to be one: the years 0 to 9999.
    let seconds = seconds.isFinite ? max(-6.2e10, min(seconds, 2.5e11)) : 0
    self.init(microseconds: Int64((seconds * 1e6).rounded()))
  }
}
