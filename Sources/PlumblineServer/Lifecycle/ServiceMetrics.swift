import Columns
import Events
import Monitoring
import Synchronization
import Telemetry

/// What the service tells of models and of itself.
final class ServiceMetrics: Sendable {
  let registry: MetricRegistry
  let rejected: MetricFamily<Counter>
  let duplicates: MetricFamily<Counter>
  let accepted: MetricFamily<Counter>
  let backfilled: MetricFamily<Counter>
  let refusedBodies: MetricFamily<Counter>
  let ingestSeconds: Histogram
  /// Diagnoses that nobody waits for any longer and that have not ended.
  let overdueDiagnoses: Gauge
  private let indexFiles: Gauge
  private let indexFailed: Gauge
  private let unreadSegments: Gauge
  private let models = Mutex<[String: MLMetrics]>([:])
  /// Of each model all its versions together, which alerts look at. Apart from what is shown: where that has as
  /// many series as it may, those of several models and versions are one.
  private let wholes = Mutex<[String: MLMetrics]>([:])
  private let unshown = MetricRegistry(seriesLimit: .max)

  init(_ registry: MetricRegistry) throws {
    self.registry = registry
    let labels = ["model_name", "kind"]
    accepted = try registry.counter(
      "plumbline_events_accepted_total", help: "Events that were kept.", labels: labels)
    backfilled = try registry.counter(
      "plumbline_events_backfilled_total",
      help: "Predictions that were kept and are too old to count as live traffic.",
      labels: ["model_name"])
    duplicates = try registry.counter(
      "plumbline_events_duplicate_total", help: "Events that were known already.", labels: labels)
    rejected = try registry.counter(
      "plumbline_events_rejected_total", help: "Events that could not be taken.", labels: labels)
    refusedBodies = try registry.counter(
      "plumbline_batches_refused_total", help: "Batches that were refused as a whole.",
      labels: ["reason"])
    ingestSeconds = try registry.histogram(
      "plumbline_ingest_seconds", help: "Time from a batch's last byte until it was durable.",
      bounds: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]
    ).with()
    overdueDiagnoses = try registry.gauge(
      "plumbline_diagnoses_overdue",
      help: "Diagnoses that took longer than diagnosis.timeout and have not ended yet."
    ).with()
    indexFiles = try registry.gauge(
      "plumbline_index_files", help: "Files of the index of events; merged, there are few."
    ).with()
    indexFailed = try registry.gauge(
      "plumbline_index_merge_failed", help: "1 where files of the index could not be merged."
    ).with()
    unreadSegments = try registry.gauge(
      "plumbline_segments_unreadable",
      help: "Files of events that cannot be read: what is in them may come again."
    ).with()
    try registry.addProcessMetrics()
  }

  /// Shows how the index of events fares.
  func show(_ index: EventLog.IndexState) {
    indexFiles.set(Double(index.files))
    indexFailed.set(index.failure == nil ? 0 : 1)
    unreadSegments.set(Double(index.unread.count))
  }

  /// Seconds for which a prediction counts as live traffic after it was made: as long as the traffic that
  /// alerts are about.
  static let liveSeconds = TrafficMeter.memorySeconds

  /// Counts what became of a batch.
  ///
  /// - Parameter liveSince: predictions of before are no live traffic: who sends those of last month
  ///   would else raise alerts now.
  func count(
    _ events: EventLog.Ingested, of model: String, _ kind: EventKind, liveSince: Instant
  ) {
    accepted.with(model, kind.rawValue).increment(by: Double(events.appended.accepted))
    duplicates.with(model, kind.rawValue).increment(by: Double(events.appended.duplicates))
    rejected.with(model, kind.rawValue).increment(by: Double(events.read.rejected.count))
    guard kind == .predictions, events.kept.rows > 0 else { return }
    let live = events.kept.since(liveSince)
    if live.rows < events.kept.rows {
      backfilled.with(model).increment(by: Double(events.kept.rows - live.rows))
    }
    if live.rows > 0 { count(live, of: model) }
  }

  private func count(_ events: MemoryTable, of model: String) {
    let versions = events.column(EventColumnName.modelVersion)
    let statuses = events.column(EventColumnName.status)
    let latencies = events.numbers(EventColumnName.latency)
    var metrics: [String: MLMetrics] = [:]
    let whole = whole(of: model)
    for row in 0..<events.rows {
      let status = statuses.flatMap { $0.string(row) }.flatMap(MLMetrics.Status.init) ?? .success
      let latency = latencies.flatMap { $0[row].isNaN ? nil : $0[row] }
      whole?.recordPrediction(status, latencySeconds: latency)
      let version = versions.flatMap { $0.string(row) } ?? ""
      guard let model = metrics[version] ?? self.metrics(of: model, version) else { continue }
      metrics[version] = model
      model.recordPrediction(status, latencySeconds: latency)
    }
    countConfidence(events, versions, metrics)
    guard let any = metrics.values.first else { return }
    for column in events.columns where !EventColumnName.isOwn(column.name) {
      guard let values = events.numbers(column.name) else { continue }
      let summary = any.feature(EventColumnName.featureName(of: column.name))
      for value in values { summary.observe(value) }
    }
  }

  private func countConfidence(
    _ events: MemoryTable, _ versions: MemoryColumn?, _ metrics: [String: MLMetrics]
  ) {
    guard let confidence = PredictionConfidence(events) else { return }
    for row in 0..<events.rows {
      guard let (name, value) = confidence.of(row) else { continue }
      let version = versions.flatMap { $0.string(row) } ?? ""
      metrics[version]?.recordConfidence(value, ofClass: name)
    }
  }

  /// What was counted of each model, all its versions together, however many there are.
  func traffic() -> [String: MLMetrics.Traffic] {
    wholes.withLock { $0.mapValues(\.traffic) }
  }

  /// The metrics of all versions of a model together.
  private func whole(of model: String) -> MLMetrics? {
    wholes.withLock { wholes in
      if let known = wholes[model] { return known }
      let made = try? MLMetrics(modelName: model, modelVersion: "", registry: unshown)
      wholes[model] = made
      return made
    }
  }

  /// The metrics of a model's version; nil where its names are taken.
  func metrics(of model: String, _ version: String) -> MLMetrics? {
    models.withLock { models in
      let key = "\(model)\u{0}\(version)"
      if let known = models[key] { return known }
      let made = try? MLMetrics(modelName: model, modelVersion: version, registry: registry)
      // Versions come from clients: those beyond the limit share the registry's own overflow.
      if models.count < registry.seriesLimit { models[key] = made }
      return made
    }
  }
}

extension MemoryTable {
  /// The events of a time and after it.
  fileprivate func since(_ time: Instant) -> MemoryTable {
    guard case .timestamps(let times)? = column(EventColumnName.timestamp)?.values,
      times.contains(where: { $0 < time.microseconds })
    else { return self }
    return keeping(times.indices.filter { times[$0] >= time.microseconds })
  }

  /// A column's numbers, NaN where one is missing; nil where it has none.
  func numbers(_ name: String) -> [Double]? {
    guard let column = column(name), case .numbers(var values) = column.values else { return nil }
    for (row, isValid) in column.isValid.enumerated() where !isValid { values[row] = .nan }
    return values
  }
}

extension MemoryColumn {
  /// A text; nil where it is missing.
  func string(_ row: Int) -> String? {
    guard type == .text, isValid.isEmpty || isValid[row] else { return nil }
    return String(decoding: text(row), as: UTF8.self)
  }
}
