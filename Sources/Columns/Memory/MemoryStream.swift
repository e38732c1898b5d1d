public import CADBC

/// Hands tables made in memory to an engine through the Arrow C stream interface.
public enum MemoryStream {
  /// A stream with a batch for each table; the consumer releases it.
  ///
  /// - Parameters:
  ///   - tables: each may lack columns, whose cells are then missing.
  ///   - columns: the stream's columns; a table's column of another type counts as missing.
  public static func make(
    _ tables: [MemoryTable], columns: [(name: String, type: CellType)]
  ) -> ArrowArrayStream {
    let source = StreamSource(tables.makeIterator(), columns)
    return ArrowArrayStream(
      get_schema: { stream, schema in
        guard let schema, let source = StreamSource.of(stream) else { return 22 }
        schema.pointee = source.schema()
        return 0
      },
      get_next: { stream, array in
        guard let array, let source = StreamSource.of(stream) else { return 22 }
        array.pointee = source.next() ?? ArrowArray()
        return 0
      }, get_last_error: { _ in nil },
      release: { stream in
        guard let stream, let owner = stream.pointee.private_data else { return }
        Unmanaged<StreamSource>.fromOpaque(owner).release()
        stream.pointee.private_data = nil
        stream.pointee.release = nil
      }, private_data: Unmanaged.passRetained(source).toOpaque())
  }
}

/// What a stream reads from.
private final class StreamSource {
  private var tables: IndexingIterator<[MemoryTable]>
  private let columns: [(name: String, type: CellType)]

  init(_ tables: IndexingIterator<[MemoryTable]>, _ columns: [(name: String, type: CellType)]) {
    self.tables = tables
    self.columns = columns
  }

  static func of(_ stream: UnsafeMutablePointer<ArrowArrayStream>?) -> StreamSource? {
    stream?.pointee.private_data.map {
      Unmanaged<StreamSource>.fromOpaque($0).takeUnretainedValue()
    }
  }

  func schema() -> ArrowSchema {
    OwnedSchema.make(
      name: "", format: "+s",
      children: columns.map { OwnedSchema.make(name: $0.name, format: $0.type.arrowFormat) })
  }

  func next() -> ArrowArray? {
    guard let table = tables.next() else { return nil }
    let known = Dictionary(
      table.columns.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let children = columns.map { column -> ArrowArray in
      guard let cells = known[column.name], cells.type == column.type, cells.count == table.rows
      else { return OwnedArray.missing(column.type, rows: table.rows) }
      return OwnedArray.make(cells)
    }
    return OwnedArray.make(rows: table.rows, buffers: [nil], nulls: 0, children: children)
  }
}

extension CellType {
  fileprivate var arrowFormat: String {
    switch self {
    case .number: "g"
    case .text: "u"
    case .boolean: "b"
    case .timestamp: "tsu:"
    }
  }
}

/// The memory of a schema the consumer releases.
private enum OwnedSchema {
  static func make(name: String, format: String, children: [ArrowSchema] = []) -> ArrowSchema {
    let list = UnsafeMutablePointer<UnsafeMutablePointer<ArrowSchema>?>.allocate(
      capacity: max(1, children.count))
    for (index, child) in children.enumerated() {
      let copy = UnsafeMutablePointer<ArrowSchema>.allocate(capacity: 1)
      copy.initialize(to: child)
      list[index] = copy
    }
    // Bit 1: the column may have missing values.
    return ArrowSchema(
      format: UnsafePointer(copy(format)), name: UnsafePointer(copy(name)), metadata: nil, flags: 2,
      n_children: Int64(children.count), children: list, dictionary: nil,
      release: { schema in
        guard let schema else { return }
        for index in 0..<Int(schema.pointee.n_children) {
          guard let child = schema.pointee.children[index] else { continue }
          if let release = child.pointee.release { release(child) }
          child.deallocate()
        }
        schema.pointee.children.deallocate()
        schema.pointee.format.deallocate()
        schema.pointee.name.deallocate()
        schema.pointee.release = nil
      }, private_data: nil)
  }

  private static func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
    let characters = text.utf8CString
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: characters.count)
    for (index, character) in characters.enumerated() { copy[index] = character }
    return copy
  }
}

/// The memory of an array the consumer releases.
private enum OwnedArray {
  static func make(_ column: MemoryColumn) -> ArrowArray {
    var nulls = 0
    var validity: UnsafeMutableRawPointer?
    if !column.isValid.isEmpty {
      nulls = column.isValid.count { !$0 }
      validity = bits(column.isValid)
    }
    let buffers: [UnsafeMutableRawPointer?] =
      switch column.values {
      case .numbers(let values): [validity, copy(values)]
      case .timestamps(let values): [validity, copy(values)]
      case .booleans(let values): [validity, bits(values)]
      case .texts(let ends, let bytes): [validity, copy([0] + ends), copy(bytes)]
      }
    return make(rows: column.count, buffers: buffers, nulls: nulls, children: [])
  }

  /// A column without a single value.
  static func missing(_ type: CellType, rows: Int) -> ArrowArray {
    let values: MemoryColumn.Values =
      switch type {
      case .number: .numbers([Double](repeating: 0, count: rows))
      case .timestamp: .timestamps([Int64](repeating: 0, count: rows))
      case .boolean: .booleans([Bool](repeating: false, count: rows))
      case .text: .texts(ends: [Int32](repeating: 0, count: rows), bytes: [])
      }
    return make(
      MemoryColumn(
        name: "", values: values, isValid: [Bool](repeating: false, count: rows)))
  }

  static func make(
    rows: Int, buffers: [UnsafeMutableRawPointer?], nulls: Int, children: [ArrowArray]
  ) -> ArrowArray {
    let pointers = UnsafeMutablePointer<UnsafeRawPointer?>.allocate(capacity: buffers.count)
    for (index, buffer) in buffers.enumerated() { pointers[index] = UnsafeRawPointer(buffer) }
    let list = UnsafeMutablePointer<UnsafeMutablePointer<ArrowArray>?>.allocate(
      capacity: max(1, children.count))
    for (index, child) in children.enumerated() {
      let copy = UnsafeMutablePointer<ArrowArray>.allocate(capacity: 1)
      copy.initialize(to: child)
      list[index] = copy
    }
    return ArrowArray(
      length: Int64(rows), null_count: Int64(nulls), offset: 0, n_buffers: Int64(buffers.count),
      n_children: Int64(children.count), buffers: pointers, children: list, dictionary: nil,
      release: { array in
        guard let array else { return }
        for index in 0..<Int(array.pointee.n_children) {
          // A child that was moved away has no release of its own left.
          guard let child = array.pointee.children[index] else { continue }
          if let release = child.pointee.release { release(child) }
          child.deallocate()
        }
        for index in 0..<Int(array.pointee.n_buffers) {
          UnsafeMutableRawPointer(mutating: array.pointee.buffers[index])?.deallocate()
        }
        array.pointee.buffers.deallocate()
        array.pointee.children.deallocate()
        array.pointee.release = nil
      }, private_data: nil)
  }

  private static func copy<Value: BitwiseCopyable>(_ values: [Value]) -> UnsafeMutableRawPointer {
    let size = values.count * MemoryLayout<Value>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(64, size), alignment: 64)
    values.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { memory.copyMemory(from: base, byteCount: size) }
      return
    }
    return memory
  }

  /// Truth values as bits, the first the lowest.
  private static func bits(_ values: [Bool]) -> UnsafeMutableRawPointer {
    let size = (values.count + 7) / 8
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(64, size), alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: max(64, size))
    let bytes = memory.assumingMemoryBound(to: UInt8.self)
    for (index, value) in values.enumerated() where value {
      bytes[index >> 3] |= 1 << UInt8(index & 7)
    }
    return memory
  }
}
