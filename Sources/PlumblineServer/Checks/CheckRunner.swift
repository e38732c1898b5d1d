import Columns
import DataSources
import Events
import Monitoring
import Store

/// Makes one check of a model for the time it is due.
struct CheckRunner: Sendable {
  let log: EventLog
  let sources: SourceOpener
  let model: ModelConfiguration
  let check: CheckConfiguration

  /// Why a check could not be made.
  struct NoEvents: ExplainedError {
    let model: String
    let from: Instant
    let until: Instant

    var code: String { "no_events" }
    var what: String { "\(model) has no events from \(from.iso8601) to \(until.iso8601)" }
    var mend: String { "send predictions, or check what the model's service sends" }
  }

  func run(due: Instant) throws -> RunReport {
    do {
      return switch check.kind {
      case .drift: .drift(try drift(due))
      case .quality: .quality(try quality(due))
      case .performance: .performance(try performance(due))
      }
    } catch let error as MonitoringError {
      // Nobody gave an option: what is to be mended stands in the configuration.
      throw error.byKey(of: check.kind == .performance ? "performance" : "schema")
    }
  }

  private func start(of due: Instant) -> Instant {
    Instant(microseconds: due.microseconds - check.window.microseconds)
  }

  private func open(_ source: ModelConfiguration.Source, _ option: String) throws -> Relation {
    try sources.open(source.source, sql: source.sql, option: option)
  }

  /// Lends the log's events of a stretch of time.
  private func withEvents<Result>(
    _ kind: EventKind, from: Instant, until: Instant, _ body: (Relation) throws -> Result
  ) throws -> Result {
    let result = try log.withEvents(of: model.name, kind, from: from, until: until) { relation in
      guard try relation.rowCount(over: relation.database.connect()) > 0 else {
        throw NoEvents(model: model.name, from: from, until: until)
      }
      return try body(relation)
    }
    guard let result else { throw NoEvents(model: model.name, from: from, until: until) }
    return result
  }

  // MARK: Drift and data quality

  private func drift(_ due: Instant) throws -> DriftReport {
    try withSides(due, check.drift) { reference, current, options, notes in
      var report = try DriftCheck(reference: reference, current: current, options: options).run()
      report.notes += notes
      return report
    }
  }

  private func quality(_ due: Instant) throws -> DataQualityReport {
    var quality = check.quality
    quality.asOf = due
    if model.production == nil { quality.timestamp = EventColumnName.timestamp }
    func compare(_ newest: Instant?) throws -> DataQualityReport {
      try withSides(due, quality.comparison, silentSince: newest) {
        reference, current, options, notes in
        quality.comparison = options
        var report = try DataQualityCheck(
          reference: reference, current: current, options: quality
        ).run()
        report.notes += notes
        return report
      }
    }
    do {
      return try compare(nil)
    } catch let error as NoEvents where error.until == due && quality.looksAtFreshness {
      // A model that fell silent is what freshness is about.
      quality.newest = try log.newestTime(of: model.name, .predictions, before: due)
      guard let newest = quality.newest else { throw error }
      return try compare(newest)
    }
  }

  /// Lends what is compared at a time, how it is cut and its columns are understood, and what is to be
  /// said of that.
  ///
  /// - Parameter newest: the time of the newest event of a log that has none in the window: what is compared
  ///   is no event with those up to then.
  private func withSides<Report>(
    _ due: Instant, _ options: DriftOptions, silentSince newest: Instant? = nil,
    _ compare: (Relation, Relation?, DriftOptions, _ notes: [String]) throws -> Report
  ) throws -> Report {
    if let production = model.production {
      return try withProduction(production, due, options, compare)
    }
    let given = try model.reference.map { try open($0, "reference.sql") }
    let comparison = EventComparison(
      sent: log.types(of: model.name, .predictions).keys, reference: try given.map(columns(of:)))
    let start = start(of: due)
    return try withEvents(.predictions, from: newest ?? start, until: due) { events in
      let events = try comparison.events(events)
      let current = newest == nil ? events : events.filtered(by: "false")
      func compared(with reference: Relation) throws -> Report {
        let schema = comparison.schema(
          events: try columns(of: current), reference: try columns(of: reference))
        var options = options
        let notes = schema.complete(&options.schema, targets: model.targets)
        return try compare(reference, current, options, notes)
      }
      if let given { return try compared(with: comparison.reference(given)) }
      let end = newest.map { Instant(microseconds: $0.microseconds + 1) } ?? start
      let before = Instant(microseconds: end.microseconds - check.referenceWindow.microseconds)
      return try withEvents(.predictions, from: before, until: end) { events in
        try compared(with: comparison.events(events))
      }
    }
  }

  private func withProduction<Report>(
    _ production: ModelConfiguration.Source, _ due: Instant, _ options: DriftOptions,
    _ compare: (Relation, Relation?, DriftOptions, _ notes: [String]) throws -> Report
  ) throws -> Report {
    var options = options
    options.currentWindow = check.window
    options.asOf = due
    let current = try open(production, "production.sql")
    let notes = model.leaveOutTarget(of: &options.schema, besides: try columns(of: current))
    guard let reference = model.reference else {
      options.referenceWindow = check.referenceWindow
      return try compare(current, nil, options, notes)
    }
    return try compare(open(reference, "reference.sql"), current, options, notes)
  }

  // MARK: Performance

  private func performance(_ due: Instant) throws -> PerformanceReport {
    var options = check.performance
    options.task = options.task ?? model.task
    options.positiveLabel = options.positiveLabel ?? model.positiveLabel
    options.asOf = due
    let reference = try model.reference.map { try open($0, "reference.sql") }
    if let production = model.production {
      let time = options.timestamp ?? model.schema.timestamp
      let all = try open(production, "production.sql")
      let rows = time.map { name in
        let time = all.dialect.epochMicroseconds(of: all.dialect.identifier(name))
        return all.filtered(
          by: "\(time) >= \(start(of: due).microseconds) AND \(time) < \(due.microseconds)")
      }
      return try PerformanceCheck(
        predictions: rows ?? all, labels: model.labels.map { try open($0, "labels.sql") },
        reference: reference, options: options
      ).run()
    }
    let types = log.types(of: model.name, .predictions)
    EventSchema(types.keys).complete(&options)
    let (usable, note) = try performanceReference(reference, options)
    var report = try performance(due, types, reference: usable, options)
    if let note { report.notes.append(note) }
    return report
  }

  /// The reference, where it has what performance is measured by; else why it is left out.
  private func performanceReference(
    _ reference: Relation?, _ options: PerformanceOptions
  ) throws -> (Relation?, note: String?) {
    guard let reference else { return (nil, nil) }
    guard let missing = options.firstMissing(of: try columns(of: reference)) else {
      return (reference, nil)
    }
    return (
      nil, "The reference has no column `\(missing)`: figures are not compared with it."
    )
  }

  private func columns(of relation: Relation) throws -> Set<String> {
    Set(try relation.columns(over: relation.database.connect()).map(\.name))
  }

  /// Performance over the log's own events.
  private func performance(
    _ due: Instant, _ types: [String: CellType], reference: Relation?,
    _ options: PerformanceOptions
  ) throws -> PerformanceReport {
    try withEvents(.predictions, from: start(of: due), until: due) { predictions in
      if let labels = model.labels {
        return try PerformanceCheck(
          predictions: predictions, labels: open(labels, "labels.sql"), reference: reference,
          options: options
        ).run()
      }
      let labels = try log.withEvents(of: model.name, .labels) { labels in
        try PerformanceCheck(
          predictions: predictions, labels: labels, reference: reference, options: options
        ).run()
      }
      return try labels
        ?? PerformanceCheck(predictions: predictions, reference: reference, options: options).run()
    }
  }
}

extension DataQualityOptions {
  fileprivate var looksAtFreshness: Bool {
    freshness != nil && checks?.contains(.freshness) ?? true
  }
}

extension PerformanceOptions {
  /// The first column that performance is measured by and a table has not; nil where it has all.
  func firstMissing(of columns: Set<String>) -> String? {
    let needed = [
      labelRule == nil ? target : nil,
      probability ?? probabilities.first?.column ?? prediction,
    ]
    return needed.compactMap(\.self).first { !columns.contains($0) }
  }
}
