public import CADBC

/// A batch of rows as columns, owning the Arrow memory it was imported from.
///
/// The producer's buffers are read in place and given back when the last column of the batch is
/// gone.
public final class RecordBatch {
  private let array: UnsafeMutablePointer<ArrowArray>
  public let schema: [ColumnSchema]

  /// Takes over `imported`, which must be a struct array whose children follow `schema`.
  ///
  /// - Returns: nil where the array's shape is not that of the schema; the array is released.
  public init?(taking imported: ArrowArray, schema: [ColumnSchema]) {
    array = .allocate(capacity: 1)
    array.initialize(to: imported)
    self.schema = schema
    guard imported.n_children == schema.count, imported.length >= 0, imported.offset >= 0,
      schema.isEmpty || imported.children != nil
    else { return nil }
  }

  deinit {
    if let release = array.pointee.release { release(array) }
    array.deinitialize(count: 1)
    array.deallocate()
  }

  /// Number of rows.
  public var rows: Int { Int(array.pointee.length) }

  /// Column `index`, or nil where there is none or it is shorter than the batch.
  public func column(_ index: Int) -> ArrowColumn? {
    guard schema.indices.contains(index), let child = array.pointee.children[index] else {
      return nil
    }
    // A sliced struct array slices its children too.
    let offset = Int(array.pointee.offset)
    guard child.pointee.length >= Int64(offset + rows) else { return nil }
    return ArrowColumn(
      batch: self, array: child, type: schema[index].type, offset: offset, count: rows)
  }
}
