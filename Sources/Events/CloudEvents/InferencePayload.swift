/// Names for what a payload has by place alone.
public struct PayloadNames: Sendable, Equatable {
  public var features: [String]
  public var classes: [String]

  public init(features: [String] = [], classes: [String] = []) {
    self.features = features
    self.classes = classes
  }

  func feature(_ index: Int) -> String {
    features.indices.contains(index) ? features[index] : "f\(index)"
  }

  func className(_ index: Int) -> String {
    classes.indices.contains(index) ? classes[index] : String(index)
  }
}

/// What inference requests and responses hold, row by row, as members of events.
///
/// Understood are KServe's V1 protocol (`instances`, `predictions`), the Open Inference Protocol
/// (`inputs`, `outputs`) and Seldon's (`data`).
enum InferencePayload {
  typealias Row = [String: JSONValue]

  /// The features of each row of a request.
  static func request(_ data: JSONValue, _ names: PayloadNames) throws(EventError) -> [Row] {
    try rows(data, of: "request", v1: ["instances", "inputs"], tensors: "inputs").map { cells in
      var features: Row = [:]
      for (index, cell) in cells.enumerated() {
        let own = cell.name.isEmpty || cell.isNumbered ? nil : cell.name
        features[own ?? names.feature(index)] = cell.value
      }
      return ["features": .object(features)]
    }
  }

  /// The prediction and probabilities of each row of a response.
  static func response(_ data: JSONValue, _ names: PayloadNames) throws(EventError) -> [Row] {
    var answers: [Row] = []
    for cells in try rows(data, of: "response", v1: ["predictions"], tensors: "outputs") {
      var row = try answer(cells, names)
      if let version = data["model_version"]?.text { row["model_version"] = .text(version) }
      answers.append(row)
    }
    return answers
  }

  /// One value of a row.
  private struct Cell {
    var name: String
    /// Whether the name is one of several by place: `name_0`, `name_1`.
    var isNumbered = false
    var value: JSONValue
  }

  private static func rows(
    _ data: JSONValue, of what: String, v1: [String], tensors: String
  ) throws(EventError) -> [[Cell]] {
    if let list = data[tensors]?.list, list.first?["datatype"] != nil {
      return try table(list.map { (tensor) throws(EventError) in try columns(of: tensor) })
    }
    for name in v1 {
      if let list = data[name]?.list { return list.map { cells(of: $0, names: []) } }
    }
    if let data = data["data"] {
      let names = data["names"]?.list?.compactMap(\.text) ?? []
      if let list = data["ndarray"]?.list { return list.map { cells(of: $0, names: names) } }
      if let tensor = data["tensor"], let values = tensor["values"]?.list {
        let shape = tensor["shape"]?.list?.compactMap(\.number) ?? []
        return try split(values, shape).map { cells(of: .list($0), names: names) }
      }
    }
    let names = (v1.contains(tensors) ? v1 : v1 + [tensors]).joined(separator: ", ")
    throw .unreadablePayload(reason: "the \(what) has none of \(names) and data")
  }

  /// The values of a row that came as one value, a list or an object.
  private static func cells(of row: JSONValue, names: [String]) -> [Cell] {
    if let members = row.object {
      return members.sorted { $0.key < $1.key }.map { Cell(name: $0.key, value: $0.value) }
    }
    return (row.list ?? [row]).enumerated().map { index, value in
      Cell(name: names.indices.contains(index) ? names[index] : "", value: value)
    }
  }

  /// The columns a tensor of the Open Inference Protocol has, by row.
  private static func columns(of tensor: JSONValue) throws(EventError) -> [[Cell]] {
    let name = tensor["name"]?.text ?? ""
    guard let data = tensor["data"]?.list else {
      throw .unreadablePayload(
        reason: "tensor `\(name)` has no data; send it as JSON, not as binary")
    }
    let shape = tensor["shape"]?.list?.compactMap(\.number) ?? []
    return try split(flat(data), shape).map { values in
      values.enumerated().map { index, value in
        values.count == 1
          ? Cell(name: name, value: value)
          : Cell(name: "\(name)_\(index)", isNumbered: true, value: value)
      }
    }
  }

  private static func flat(_ values: [JSONValue]) -> [JSONValue] {
    values.contains { $0.list != nil } ? values.flatMap { flat($0.list ?? [$0]) } : values
  }

  /// Values by row, the first number of the shape being that of rows.
  private static func split(
    _ values: [JSONValue], _ shape: [Double]
  ) throws(EventError) -> [[JSONValue]] {
    guard !values.isEmpty else { return [] }
    let first = shape.first.map { Int(exactly: $0) ?? 0 } ?? 1
    guard first > 0, values.count % first == 0 else {
      throw .unreadablePayload(reason: "\(values.count) values do not have the shape \(shape)")
    }
    let width = values.count / first
    return (0..<first).map { Array(values[($0 * width)..<(($0 + 1) * width)]) }
  }

  /// Tensors beside each other.
  private static func table(_ tensors: [[[Cell]]]) throws(EventError) -> [[Cell]] {
    let counts = Set(tensors.map(\.count))
    guard counts.count <= 1 else {
      throw .unreadablePayload(reason: "its tensors have \(counts.sorted()) rows")
    }
    return (0..<(counts.first ?? 0)).map { row in tensors.flatMap { $0[row] } }
  }

  /// What a row of a response says.
  private static func answer(_ cells: [Cell], _ names: PayloadNames) throws(EventError) -> Row {
    var row: Row = [:]
    var rest: [Cell] = []
    for cell in cells {
      switch (cell.name, cell.value) {
      case ("prediction", let value), ("predict", let value), ("label", let value),
        ("class", let value):
        row["prediction"] = value
      case ("probabilities", .object(let shares)): row["probabilities"] = .object(shares)
      case ("probabilities", .list(let shares)): rest += shares.map { Cell(name: "", value: $0) }
      default: rest.append(cell)
      }
    }
    if rest.count == 1, row["prediction"] == nil {
      row["prediction"] = rest[0].value
      return row
    }
    guard !rest.isEmpty else { return row }
    let shares = rest.compactMap(\.value.number)
    guard shares.count == rest.count, shares.allSatisfy(EventReader.probabilities.contains),
      abs(shares.reduce(0, +) - 1) < 1e-3
    else {
      if row["prediction"] != nil { return row }
      throw .unreadablePayload(
        reason: "a row of the response has \(rest.count) values that are no probabilities; "
          + "events have one prediction each")
    }
    let named = rest.enumerated().map { index, cell in
      cell.name.isEmpty || cell.isNumbered ? names.className(index) : cell.name
    }
    row["probabilities"] = .object(
      Dictionary(zip(named, rest.map(\.value)), uniquingKeysWith: { first, _ in first }))
    if row["prediction"] == nil,
      let best = shares.indices.max(by: { (shares[$0], $1) < (shares[$1], $0) })
    {
      row["prediction"] = Double(named[best]).map { .number($0) } ?? .text(named[best])
    }
    return row
  }
}
