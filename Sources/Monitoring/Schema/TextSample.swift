import Columns
import DataSources

/// The first rows of a column, looked at to tell keys and prose from categories.
struct TextSample {
  private(set) var count = 0
  private var distinct: Set<String> = []
  private var characters = 0

  /// Rows looked at.
  static let size = 5_000

  static func read(
    _ names: [String], from relation: Relation, having types: [String: ArrowType],
    over connections: ConnectionPool
  ) throws -> [String: TextSample] {
    let names = names.filter { types[$0] != nil }
    guard !names.isEmpty else { return [:] }
    let dialect = relation.dialect
    let expressions = names.map { dialect.text(dialect.identifier($0)) }
    return try connections.withConnection(to: relation.database) { connection in
      let stream = try relation.run(
        relation.select(expressions, suffix: "LIMIT \(size)"), over: connection)
      var samples = [TextSample](repeating: TextSample(), count: names.count)
      while let batch = try stream.next() {
        for index in names.indices {
          guard let column = batch.column(index) else { continue }
          for row in 0..<column.count {
            if let value = column.string(row) { samples[index].add(value) }
          }
        }
      }
      return Dictionary(zip(names, samples), uniquingKeysWith: { first, _ in first })
    }
  }

  mutating func add(_ value: String) {
    count += 1
    distinct.insert(value)
    characters += value.count
  }

  /// Whether the column is a key: named like one, and unique as far as was looked.
  func isKey(named name: String) -> Bool {
    let lower = name.lowercased()
    let named =
      lower == "id" || lower == "uuid" || lower.hasSuffix("_id") || lower.hasSuffix("_uuid")
      || name.hasSuffix("Id") || name.hasSuffix("ID")
    return named && count > 1 && distinct.count == count
  }

  /// Whether values are sentences rather than names of categories.
  var isProse: Bool {
    count > 0 && distinct.count * 2 > count && characters >= 40 * count
  }
}
