import Columns
import DataSources
import Events
public import Monitoring
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
    switch check.kind {
    case .drift: .drift(try drift(due))
    case .quality: .quality(try quality(due))
    case .performance: .performance(try performance(due))
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
    try withSides(due, check.drift) { reference, current, options in
      try DriftCheck(reference: reference, current: current, options: options).run()
    }
  }

  private func quality(_ due: Instant) throws -> DataQualityReport {
    var quality = check.quality
    quality.asOf = due
    if model.production == nil { quality.timestamp = EventColumnName.timestamp }
    func compare(_ newest: Instant?) throws -> DataQualityReport {
      try withSides(due, quality.comparison, silentSince: newest) { reference, current, options in
        quality.comparison = options
        return try DataQualityCheck(reference: reference, current: current, options: quality).run()
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

  /// Lends what is compared at a time, and how it is cut and its columns are understood.
  ///
  /// - Parameter newest: the time of the newest event of a log that has none in the window: what is compared
  ///   is no event with those up to then.
  private func withSides<Report>(
    _ due: Instant, _ options: DriftOptions, silentSince newest: Instant? = nil,
    _ compare: (Relation, Relation?, DriftOptions) throws -> Report
  ) throws -> Report {
    var options = options
    if let production = model.production {
      options.currentWindow = check.window
      options.asOf = due
      let current = try open(production, "production.sql")
      guard let reference = model.reference else {
        options.referenceWindow = check.referenceWindow
        return try compare(current, nil, options)
      }
      return try compare(open(reference, "reference.sql"), current, options)
    }
    let reference = try model.reference.map { try open($0, "reference.sql") }
    options.schema = EventSchema(log.types(of: model.name, .predictions).keys)
      .completing(options.schema, sharedWith: try reference.map(columns(of:)))
    let start = start(of: due)
    return try withEvents(.predictions, from: newest ?? start, until: due) { current in
      let current = newest == nil ? current : current.filtered(by: "false")
      if let reference { return try compare(reference, current, options) }
      let end = newest.map { Instant(microseconds: $0.microseconds + 1) } ?? start
      let before = Instant(microseconds: end.microseconds - check.referenceWindow.microseconds)
      return try withEvents(.predictions, from: before, until: end) { reference in
        try compare(reference, current, options)
      }
    }
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

/// What the columns of the log's own events mean.
public struct EventSchema {
  private let columns: Set<String>

  /// - Parameter columns: names of the columns events have.
  public init(_ columns: some Sequence<String>) {
    self.columns = Set(columns)
  }

  private func known(_ name: String) -> String? { columns.contains(name) ? name : nil }

  private var probabilities: [String] {
    columns.filter { EventColumnName.className(of: $0) != nil }.sorted()
  }

  /// Roles of columns, where the configuration gives none.
  ///
  /// - Parameter reference: columns of what events are compared with, where that is no log: what
  ///   events have by themselves and it has not is no feature that is missing.
  public func completing(
    _ given: SchemaOptions, sharedWith reference: Set<String>?
  ) -> SchemaOptions {
    func shared(_ name: String) -> String? {
      known(name).flatMap { reference?.contains($0) == false ? nil : $0 }
    }
    var schema = given
    schema.id = schema.id ?? shared(EventColumnName.id)
    schema.timestamp = schema.timestamp ?? shared(EventColumnName.timestamp)
    schema.prediction = schema.prediction ?? shared(EventColumnName.prediction)
    if schema.probabilities.isEmpty { schema.probabilities = probabilities.compactMap(shared) }
    let aside = [
      EventColumnName.receivedAt, EventColumnName.status, EventColumnName.modelVersion,
      EventColumnName.segment, EventColumnName.latency,
    ]
    let alone = columns.filter { EventColumnName.isOwn($0) && shared($0) == nil }
    let mentioned = Set(schema.mentioned.map(\.column))
    schema.ignored += Set(aside.filter(columns.contains) + alone)
      .subtracting(mentioned).sorted()
    return schema
  }

  /// Columns of predictions and labels, where the configuration names none.
  func complete(_ options: inout PerformanceOptions) {
    options.id = options.id ?? EventColumnName.id
    options.timestamp = options.timestamp ?? EventColumnName.timestamp
    options.labelTimestamp = options.labelTimestamp ?? EventColumnName.timestamp
    options.target = options.target ?? EventColumnName.label
    options.prediction = options.prediction ?? known(EventColumnName.prediction)
    guard options.probability == nil, options.probabilities.isEmpty else { return }
    options.probabilities = probabilities.compactMap { column in
      EventColumnName.className(of: column).map { .init(label: $0, column: column) }
    }
    // Of two classes one probability says both.
    if options.probabilities.count == 1, let only = options.probabilities.first {
      options.probability = only.column
      options.positiveLabel = options.positiveLabel ?? only.label
      options.probabilities = []
    }
  }
}
