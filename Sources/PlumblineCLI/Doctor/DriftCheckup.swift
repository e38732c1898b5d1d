import Columns
import DataSources
import Events
import Foundation
import Monitoring
import PlumblineServer
import Reporting
import Store

/// Whether drift checks compare the right things in the right way.
struct DriftCheckup: Checkup {
  static let reference = Question(
    "reference_loaded", .driftDetection, "Is the reference loaded correctly?")
  static let columns = Question(
    "columns_match", .driftDetection, "Do columns match between the reference and current?")
  static let methods = Question(
    "methods_fit", .driftDetection, "Do the statistical tests fit the data?")
  static let thresholds = Question(
    "drift_thresholds", .driftDetection, "Are the thresholds of drift sane?")

  func items(_ visit: Visit) -> [DoctorItem] {
    let models = visit.configuration.models
    let checks = models.flatMap { model in
      model.checks.filter { $0.kind == .drift }.map { DriftVisit(visit, model, $0) }
    }
    let references = models.filter { $0.reference != nil }.map { model in
      Self.reference.answer(reference(of: model, visit), of: model.name)
    }
    let noReference = Finding.skipped(
      models.isEmpty
        ? "the configuration has no models"
        : "no model has a reference: drift is checked against its own events of before")
    guard !checks.isEmpty else {
      let why = Finding.skipped("the configuration has no drift checks")
      return (references.isEmpty ? [Self.reference.answer(noReference)] : references)
        + [Self.columns, Self.methods, Self.thresholds].map { $0.answer(why) }
    }
    let matches = checks.map { $0.match() }
    return (references.isEmpty ? [Self.reference.answer(noReference)] : references)
      + zip(checks, matches).map { Self.columns.answer($1.finding, of: $0.subject) }
      + zip(checks, matches).map {
        Self.methods.answer($0.methods(columns: $1.match?.columns), of: $0.subject)
      } + checks.map { Self.thresholds.answer($0.thresholds(), of: $0.subject) }
  }

  private func reference(of model: ModelConfiguration, _ visit: Visit) -> Finding {
    guard let source = model.reference else { return .skipped("it has none") }
    do {
      let relation = try visit.sources.open(source.source, sql: source.sql, option: "reference.sql")
      let connection = try relation.database.connect()
      let columns = try relation.columns(over: connection)
      return DriftJudgement.reference(
        name: relation.name, rows: try relation.rowCount(over: connection), columns: columns.count)
    } catch {
      let isRelative = !source.source.hasPrefix("/") && !source.source.contains("://")
      var finding = Finding.failed(error)
      if isRelative {
        finding.mend = (finding.mend ?? "") + "; a relative path is one of where the service starts"
      }
      return finding
    }
  }
}

/// One drift check, looked at.
private struct DriftVisit {
  let visit: Visit
  let model: ModelConfiguration
  let check: CheckConfiguration

  init(_ visit: Visit, _ model: ModelConfiguration, _ check: CheckConfiguration) {
    self.visit = visit
    self.model = model
    self.check = check
  }

  var subject: String { "\(model.name)/\(check.name)" }

  // MARK: Columns

  func match() -> (match: ColumnMatch?, finding: Finding) {
    guard let source = model.reference else {
      return (nil, .skipped("the reference is the model's own events, in the same columns"))
    }
    do {
      let reference = try visit.sources.open(
        source.source, sql: source.sql, option: "reference.sql")
      guard let match = try matched(with: reference) else {
        return (
          nil,
          .unknown(
            "there are no predictions of the last \(check.window.description)",
            mend: "send predictions, or check what the model's service sends")
        )
      }
      return (match, DriftJudgement.columns(match))
    } catch let error as MonitoringError {
      return (nil, .failed(error))
    } catch {
      return (nil, .unknown(error))
    }
  }

  private func matched(with reference: Relation) throws -> ColumnMatch? {
    if let production = model.production {
      let current = try visit.sources.open(
        production.source, sql: production.sql, option: "production.sql")
      var options = check.drift
      _ = model.leaveOutTarget(of: &options.schema, besides: try names(of: current))
      return try DriftCheck(reference: reference, current: current, options: options)
        .matchColumns()
    }
    // An hour has the columns a day has, and is less to fetch.
    let hour = min(check.window.microseconds, 3_600_000_000)
    for reach in Set([hour, check.window.microseconds]).sorted() {
      let from = Instant(microseconds: visit.now.microseconds - reach)
      let match = try visit.events.withEvents(
        of: model.name, .predictions, from: from, until: nil
      ) { current -> ColumnMatch? in
        let connection = try current.database.connect()
        guard try current.rowCount(over: connection) > 0 else { return nil }
        let comparison = EventComparison(
          sent: try names(of: current), reference: try names(of: reference))
        let current = try comparison.events(current)
        let reference = try comparison.reference(reference)
        var options = check.drift
        _ = comparison.schema(events: try names(of: current), reference: try names(of: reference))
          .complete(&options.schema, targets: model.targets)
        return try DriftCheck(reference: reference, current: current, options: options)
          .matchColumns()
      }
      if let match = match ?? nil { return match }
    }
    return nil
  }

  private func names(of relation: Relation) throws -> Set<String> {
    Set(try relation.columns(over: relation.database.connect()).map(\.name))
  }

  // MARK: Methods and thresholds

  private func report() throws -> DriftReport? {
    let newest = try visit.records.newestReport(of: model.name, check: check.name)
    guard case .drift(let report) = newest else { return nil }
    return report
  }

  func methods(columns: [ResolvedColumn]?) -> Finding {
    let planned = DriftJudgement.planned(check.drift, columns: columns ?? [])
    do {
      guard let report = try report() else {
        return planned.outcome == .ok
          ? .unknown("the check has found nothing yet", mend: "ask again when it was made")
          : planned
      }
      return .worst(
        of: [planned, DriftJudgement.methods(report)], fine: DriftJudgement.methods(report).seen)
    } catch {
      return planned.outcome == .ok ? .unknown(error) : planned
    }
  }

  func thresholds() -> Finding {
    // That there is none, or why it cannot be read, is told by `methods(columns:)`.
    let report = try? report()
    var findings = ThresholdJudgement.planned(check.drift)
    if let report { findings += ThresholdJudgement.used(report) }
    // Over HTTP the service does not tell them.
    if let shifts = try? visit.records.samples(
      of: "feature_distribution_shift", from: visit.start)
    {
      findings += ThresholdJudgement.alwaysDrifted(
        shifts.filter {
          $0.labels["model_name"] == model.name && $0.labels["check"] == check.name
        })
    }
    let fine = report.map { ThresholdJudgement.summary($0) } ?? "each method's own"
    return .worst(of: findings, fine: fine)
  }
}
