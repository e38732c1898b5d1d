import Events
public import Monitoring

/// What the columns of the log's own events mean.
public struct EventSchema {
  private let columns: Set<String>
  /// Columns of what events are compared with; nil where nothing else is looked at.
  private let reference: Set<String>?
  /// Columns events have ever had, by their names in files.
  private let sent: Set<String>
  /// Features that are called as what events have by themselves.
  private let features: Set<String>

  /// - Parameter columns: names of the columns events have.
  public init(_ columns: some Sequence<String>) {
    self.init(Set(columns), reference: nil, sent: [], features: [])
  }

  init(
    _ columns: Set<String>, reference: Set<String>?, sent: Set<String>, features: Set<String>
  ) {
    self.columns = columns
    self.reference = reference
    self.sent = sent
    self.features = features
  }

  private func known(_ name: String) -> String? { columns.contains(name) ? name : nil }

  private var probabilities: [String] {
    columns.filter { EventColumnName.className(of: $0) != nil }.sorted()
  }

  /// Whether a column is one events have by themselves.
  private func isOwn(_ column: String) -> Bool {
    EventColumnName.isOwn(column) && !features.contains(column)
  }

  /// Gives columns their roles, where the configuration gives none: what events have by themselves and the
  /// reference has not is no feature that is new.
  ///
  /// - Parameter targets: columns the configuration has outcomes in, which may come apart.
  /// - Returns: what is to be said of columns of the reference that are left out.
  public func complete(_ schema: inout SchemaOptions, targets: Set<String>) -> [String] {
    func shared(_ name: String) -> String? {
      known(name).flatMap {
        features.contains($0) || reference?.contains($0) == false ? nil : $0
      }
    }
    let notes = leaveOut(of: &schema, targets: targets)
    schema.id = schema.id ?? shared(EventColumnName.id)
    schema.timestamp = schema.timestamp ?? shared(EventColumnName.timestamp)
    schema.prediction = schema.prediction ?? shared(EventColumnName.prediction)
    if schema.probabilities.isEmpty { schema.probabilities = probabilities.compactMap(shared) }
    let aside = [
      EventColumnName.receivedAt, EventColumnName.status, EventColumnName.modelVersion,
      EventColumnName.segment, EventColumnName.latency,
    ]
    let alone = columns.filter { isOwn($0) && shared($0) == nil }
    let mentioned = Set(schema.mentioned.map(\.column))
    schema.ignored += Set(aside.filter { columns.contains($0) && isOwn($0) } + alone)
      .subtracting(mentioned).sorted()
    return notes
  }

  /// Leaves out what only the reference has and no event is missing.
  private func leaveOut(of schema: inout SchemaOptions, targets: Set<String>) -> [String] {
    var notes: [String] = []
    let reference = reference ?? []
    // Labels come apart: that events have no column of them is as it has to be.
    let apart = targets.union([EventColumnName.label]).subtracting(columns)
    let named = apart.filter { $0 == schema.target || reference.contains($0) }.sorted()
    if let target = schema.target, apart.contains(target) { schema.target = nil }
    if !named.isEmpty {
      notes.append(
        "Left out: \(Self.list(named)). Labels come apart from events (schema.target, "
          + "performance.target).")
    }
    let mentioned = Set(schema.mentioned.map(\.column))
    // `status`, `segment` and `date` are words for features too: only files of the log tell.
    let isOfLog = reference.contains(EventColumnName.receivedAt)
    let words: Set = [EventColumnName.status, EventColumnName.segment, "date"]
    let never = reference.subtracting(columns).subtracting(apart).subtracting(mentioned).filter {
      isOwn($0) && !sent.contains($0) && (isOfLog || !words.contains($0))
    }.sorted()
    if !never.isEmpty {
      notes.append("Left out: \(Self.list(never)). Events have never had any.")
    }
    let indices = columns.union(reference).filter(EventColumnName.isIndex)
    schema.ignored += Set(named + never).union(indices).subtracting(mentioned).sorted()
    return notes
  }

  private static func list(_ names: [String]) -> String {
    names.map { "`\($0)`" }.joined(separator: ", ")
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

extension ModelConfiguration {
  /// Columns that outcomes are in, as far as they are named.
  public var targets: Set<String> {
    let measured = checks.filter { $0.kind == .performance }.map(\.performance.target)
    return Set((measured + [schema.target]).compactMap(\.self))
  }

  /// Leaves the target out where it is no column of `production`, because labels come apart.
  ///
  /// - Returns: what is to be said of it.
  public func leaveOutTarget(
    of schema: inout SchemaOptions, besides columns: Set<String>
  ) -> [String] {
    guard labels != nil, let target = schema.target, !columns.contains(target) else { return [] }
    schema.target = nil
    schema.ignored.append(target)
    return ["Left out: `\(target)` (schema.target). Labels come apart from predictions."]
  }
}

extension MonitoringError {
  /// The error in words of the configuration: the key of a section instead of an option.
  func byKey(of section: String) -> MonitoringError {
    guard case .noSuchColumn(let name, let option, let source, let closest) = self,
      option.hasPrefix("--")
    else { return self }
    let key =
      option == "--method-for"
      ? "drift.methods" : "\(section).\(option.dropFirst(2).replacing("-", with: "_"))"
    return .noSuchColumn(name: name, option: key, source: source, closest: closest)
  }
}
