import Columns
import DataSources
import Events
import Monitoring

extension ModelDiagnosis {
  /// Rows of both sides, and labels that come apart.
  struct Rows {
    var reference: Relation
    var current: Relation
    var labels: Relation?
    /// Which of them are the log's own events.
    var isReferenceOfLog = false
    var isCurrentOfLog = false
    /// Whether both sides are stretches of one table: how many rows each has says something too.
    var areOfOneTable = false
  }

  /// Reads the rows in question and what they are compared with.
  ///
  /// - Parameter missing: takes what is not there, in words.
  func gatherRows(_ evidence: inout DiagnosisEvidence, _ missing: inout [String]) throws {
    if let production = model.production {
      return try gather(production: production, &evidence, &missing)
    }
    let found: Void? = try log.withEvents(
      of: model.name, .predictions, from: question.since, until: question.until
    ) { (current) -> Void in
      try withReference { reference, isOfLog in
        guard let reference else {
          missing.append(
            "rows: nothing to compare with: \(model.name) has no events from "
              + "\(question.referenceFrom.iso8601) to \(question.referenceUntil.iso8601), and no "
              + "`reference`")
          return
        }
        try withLabels { labels in
          try read(
            Rows(
              reference: reference, current: current, labels: labels,
              isReferenceOfLog: isOfLog, isCurrentOfLog: true, areOfOneTable: isOfLog),
            &evidence, &missing)
        }
      }
    }
    if found == nil { missing.append(noRows) }
  }

  private var noRows: String {
    "rows: \(model.name) has no events from \(question.since.iso8601) to "
      + "\(question.until.iso8601); send predictions, or ask for another time"
  }

  /// The configured reference where it has predictions and labels, else the events before, else what of
  /// the reference there is: features alone still show how they drifted.
  private func withReference(_ body: (Relation?, _ isOfLog: Bool) throws -> Void) throws {
    let configured = question.comparesEvents ? nil : try model.reference.map(open)
    if let configured {
      let options = performanceOptions(completing: true)
      let columns = Set(try configured.columns(over: configured.database.connect()).map(\.name))
      if options.firstMissing(of: columns) == nil { return try body(configured, false) }
    }
    let found: Void? = try log.withEvents(
      of: model.name, .predictions, from: question.referenceFrom, until: question.referenceUntil
    ) { (events) -> Void in
      let rows = try events.rowCount(over: events.database.connect())
      if rows < Self.leastRows, let configured { return try body(configured, false) }
      try body(events, true)
    }
    if found == nil { try body(configured, false) }
  }

  private func withLabels(_ body: (Relation?) throws -> Void) throws {
    if let labels = model.labels { return try body(open(labels)) }
    // A label comes after its prediction.
    let found: Void? = try log.withEvents(
      of: model.name, .labels, from: question.referenceFrom
    ) { try body($0) }
    if found == nil { try body(nil) }
  }

  private func open(_ source: ModelConfiguration.Source) throws -> Relation {
    try sources.open(source.source, sql: source.sql, option: "sql")
  }

  /// Rows that are somewhere else than in the log.
  private func gather(
    production: ModelConfiguration.Source, _ evidence: inout DiagnosisEvidence,
    _ missing: inout [String]
  ) throws {
    let options = performanceOptions(completing: false)
    guard let time = options.timestamp else {
      missing.append(
        "rows: `production` of \(model.name) has no times; name their column in schema.timestamp")
      return
    }
    let all = try open(production)
    func rows(_ from: Instant, _ until: Instant) -> Relation {
      let time = all.dialect.epochMicroseconds(of: all.dialect.identifier(time))
      return all.filtered(
        by: "\(time) >= \(from.microseconds) AND \(time) < \(until.microseconds)")
    }
    let configured = question.comparesEvents ? nil : try model.reference.map(open)
    try read(
      Rows(
        reference: configured ?? rows(question.referenceFrom, question.referenceUntil),
        current: rows(question.since, question.until), labels: try model.labels.map(open),
        areOfOneTable: configured == nil),
      &evidence, &missing)
  }

  private func performanceOptions(completing: Bool) -> PerformanceOptions {
    var options =
      model.checks.first { $0.kind == .performance }?.performance ?? PerformanceOptions()
    options.task = options.task ?? model.task
    options.positiveLabel = options.positiveLabel ?? model.positiveLabel
    (options.segments, options.value, options.estimate) = ([], nil, false)
    if completing {
      EventSchema(log.types(of: model.name, .predictions).keys).complete(&options)
    } else {
      options.timestamp = options.timestamp ?? model.schema.timestamp
      options.target = options.target ?? model.schema.target
      options.id = options.id ?? model.schema.id
      options.prediction = options.prediction ?? model.schema.prediction
      if options.probability == nil, model.schema.probabilities.count == 1 {
        options.probability = model.schema.probabilities.first
      }
    }
    return options
  }

  private func read(
    _ given: Rows, _ evidence: inout DiagnosisEvidence, _ missing: inout [String]
  ) throws {
    let counts = try [given.reference, given.current].map {
      try $0.rowCount(over: $0.database.connect())
    }
    for (count, side) in zip(counts, ["the reference", "the time in question"])
    where count < Self.leastRows {
      missing.append(
        "rows: \(side) has \(count) rows, and nothing can be said of fewer than \(Self.leastRows)")
    }
    guard counts.allSatisfy({ $0 >= Self.leastRows }) else { return }
    let comparison = try comparison(given)
    let named = try comparison.map { try $0.named(given) } ?? given
    let columns = try [named.reference, named.current].map(names)
    let shared = columns[0].intersection(columns[1])
    let options = performanceOptions(completing: given.isCurrentOfLog)
    let rows = try thinned(named, counts, columns, options, &missing)
    var reader = DiagnosisReader(
      reference: rows.reference, current: rows.current, labels: rows.labels, options: options)
    reader.schema = model.schema
    // What is left out is no finding, and no news either: reports of checks say it.
    _ = comparison?.schema(
      events: columns[1], reference: rows.isReferenceOfLog ? nil : columns[0]
    ).complete(&reader.schema, targets: model.targets)
    let wanted = model.diagnosis.segments + question.segments
    let segments = wanted + (rows.isCurrentOfLog ? [EventColumnName.segment] : [])
    for segment in Set(wanted).subtracting(shared).sorted() {
      missing.append("segment: there is no column `\(segment)` on both sides")
    }
    let known = Set(segments).intersection(shared)
    reader.schema.segments = Set(reader.schema.segments).union(known).sorted()
    reader.schema.ignored.removeAll(where: known.contains)
    reader.loss = model.diagnosis.loss
    (evidence.tables, evidence.labelDelay) = try reader.read()
    evidence.results += configuration.checks.map {
      $0.run(current: given.current, reference: given.reference)
    }
  }

  private func names(of relation: Relation) throws -> Set<String> {
    Set(try relation.columns(over: relation.database.connect()).map(\.name))
  }

  /// How features of the log's own events are called; nil where none are looked at.
  private func comparison(_ rows: Rows) throws -> EventComparison? {
    guard rows.isCurrentOfLog else { return nil }
    return EventComparison(
      sent: log.types(of: model.name, .predictions).keys,
      reference: rows.isReferenceOfLog ? nil : try names(of: rows.reference), keepingOwn: true)
  }
}

extension EventComparison {
  /// Rows by the names of features.
  fileprivate func named(_ rows: ModelDiagnosis.Rows) throws -> ModelDiagnosis.Rows {
    var rows = rows
    rows.current = try events(rows.current)
    rows.reference =
      try rows.isReferenceOfLog ? events(rows.reference) : reference(rows.reference)
    return rows
  }
}
