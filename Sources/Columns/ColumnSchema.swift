public import CADBC

/// Name and type of one column.
public struct ColumnSchema: Hashable, Sendable {
  public var name: String
  public var type: ArrowType

  public init(name: String, type: ArrowType) {
    self.name = name
    self.type = type
  }

  /// The columns of a struct schema, as every ADBC result has one.
  ///
  /// A dictionary-encoded column has the type of its dictionary's values: how a value is stored is
  /// no difference to the people who compare it.
  public static func columns(of schema: ArrowSchema) -> [ColumnSchema] {
    guard let children = schema.children else { return [] }
    return (0..<Int(schema.n_children)).compactMap { index in
      guard let child = children[index]?.pointee else { return nil }
      let values = child.dictionary?.pointee ?? child
      return ColumnSchema(
        name: child.name.map { String(cString: $0) } ?? "",
        type: ArrowType(format: values.format.map { String(cString: $0) } ?? ""))
    }
  }
}
