import Columns
import DataSources

/// Settles the role and kind of every column of two tables.
struct SchemaResolver {
  let options: SchemaOptions
  let reference: Relation
  let current: Relation
  /// Columns with a method of their own, which is as good as naming them.
  let named: [(column: String, option: String)]

  struct Resolution {
    var columns: [ResolvedColumn]
    var comparable: [ComparableColumn]
    var findings: [QualityFinding]
    /// Columns that should have been compared and cannot be.
    var unfit: [(column: ResolvedColumn, reason: String)]
  }

  func resolve(over connections: ConnectionPool) throws -> Resolution {
    let referenceColumns = try columns(of: reference, over: connections)
    let currentColumns = try columns(of: current, over: connections)
    try check(referenceColumns, currentColumns)
    let referenceTypes = types(referenceColumns)
    let currentTypes = types(currentColumns)
    let names =
      referenceColumns.map(\.name)
      + currentColumns.map(\.name).filter { referenceTypes[$0] == nil }
    let samples = try TextSample.read(
      names.filter {
        options.kind(of: $0) == nil && options.role(of: $0) == nil
          && (referenceTypes[$0] ?? currentTypes[$0])?.mayBeKey == true
      }, from: reference, having: referenceTypes, over: connections)
    var resolution = Resolution(columns: [], comparable: [], findings: [], unfit: [])
    for name in names where !options.ignored.contains(name) {
      resolve(
        name, referenceTypes[name], currentTypes[name], sample: samples[name], into: &resolution)
    }
    if let unfit = resolution.unfit.first(where: { isNamed($0.column.column) }) {
      throw MonitoringError.notComparable(
        column: unfit.column.column, referenceType: unfit.column.referenceType ?? "missing",
        currentType: unfit.column.currentType ?? "missing")
    }
    return resolution
  }

  private func columns(
    of relation: Relation, over connections: ConnectionPool
  ) throws -> [ColumnSchema] {
    try connections.withConnection(to: relation.database) { connection in
      try relation.columns(over: connection)
    }
  }

  private func types(_ columns: [ColumnSchema]) -> [String: ArrowType] {
    Dictionary(columns.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether the user asked for this column by name.
  private func isNamed(_ column: String) -> Bool {
    (options.mentioned + named).contains { $0.column == column }
  }

  private func check(_ reference: [ColumnSchema], _ current: [ColumnSchema]) throws {
    // Swift takes é and e with an accent for equal; databases do not.
    var spelling: [String: [UInt8]] = [:]
    for (side, column) in reference.map({ (self.reference, $0.name) })
      + current.map({ (self.current, $0.name) })
    {
      let bytes = Array(column.utf8)
      guard spelling.updateValue(bytes, forKey: column).map({ $0 == bytes }) ?? true else {
        throw MonitoringError.lookalikeColumns(name: column, source: side.name)
      }
    }
    for (side, columns) in [(self.reference, reference), (self.current, current)] {
      let names = Set(columns.map(\.name))
      for (column, option) in options.mentioned + named where !names.contains(column) {
        throw MonitoringError.noSuchColumn(
          name: column, option: option, source: side.name,
          closest: closestName(to: column, among: columns.map(\.name)))
      }
    }
    if let (column, options) = options.conflictingKinds.first {
      throw MonitoringError.conflictingKinds(column: column, options: options)
    }
  }

  private func resolve(
    _ name: String, _ referenceType: ArrowType?, _ currentType: ArrowType?, sample: TextSample?,
    into resolution: inout Resolution
  ) {
    guard let type = referenceType ?? currentType else { return }
    var column = infer(name, type: type, sample: sample)
    column.referenceType = referenceType?.name
    column.currentType = currentType?.name
    let isSelected = options.columns.map { $0.contains(name) } ?? true
    let isCompared =
      isSelected && column.role.isCompared && (column.role != .target || options.includeTarget)
    resolution.columns.append(column)
    guard isSelected else { return }
    guard let referenceType, let currentType else {
      let missing = currentType == nil
      resolution.findings.append(
        QualityFinding(
          check: missing ? .missingColumn : .newColumn, column: name,
          severity: missing ? .critical : .warning,
          message: missing
            ? "column `\(name)` is in reference but not in current"
            : "column `\(name)` is in current but not in reference"))
      if isCompared {
        resolution.unfit.append(
          (column, missing ? "missing in current" : "missing in reference"))
      }
      return
    }
    if Self.family(referenceType) != Self.family(currentType) {
      resolution.findings.append(
        QualityFinding(
          check: .typeChanged, column: name, severity: .critical,
          message: "column `\(name)` is \(referenceType.name) in reference but "
            + "\(currentType.name) in current"))
    }
    guard isCompared else { return }
    if let fit = ComparableColumn(column, reference: referenceType, current: currentType) {
      resolution.comparable.append(fit)
    } else {
      resolution.unfit.append(
        (
          column,
          referenceType == currentType
            ? "values of type \(referenceType.name) cannot be compared"
            : "\(referenceType.name) in reference but \(currentType.name) in current"
        ))
    }
  }

  /// Types that hold the same sort of value.
  private static func family(_ type: ArrowType) -> String {
    type.isNumeric ? "number" : type.isTemporal ? "time" : type.name
  }

  private func infer(_ name: String, type: ArrowType, sample: TextSample?) -> ResolvedColumn {
    let givenRole = options.role(of: name)
    let givenKind = options.kind(of: name)
    var role = givenRole ?? .feature
    var kind = givenKind ?? .categorical
    var reasons: [String] = []
    if givenRole == nil, givenKind == nil {
      if type.isTemporal {
        role = .timestamp
        reasons.append("stored as \(type.name)")
      } else if ["target", "label"].contains(name.lowercased()), options.target == nil {
        role = .target
        reasons.append("named like a target")
      } else if name.lowercased() == "prediction", options.prediction == nil {
        role = .prediction
        reasons.append("named like a prediction")
      } else if let sample, sample.isKey(named: name) {
        role = .id
        reasons.append("named like an id, and no value occurs twice")
      }
    }
    if givenKind == nil {
      if type.isNumeric || type.isTemporal {
        kind = .numerical
        reasons.append("stored as \(type.name)")
      } else if let sample, sample.isProse {
        kind = .text
        reasons.append("long texts that rarely repeat")
      } else {
        reasons.append("stored as \(type.name)")
      }
    }
    return ResolvedColumn(
      column: name, role: role, type: kind,
      origin: givenRole == nil && givenKind == nil ? .inferred : .given,
      why: (givenRole == nil && givenKind == nil ? reasons : ["given"] + reasons)
        .reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        .joined(separator: "; "), referenceType: nil, currentType: nil)
  }
}

extension ArrowType {
  /// Whether a column of this type may hold keys or prose, so that values have to be looked at.
  fileprivate var mayBeKey: Bool { isInteger || isText }
}
