import CADBC

/// One column of a ``RecordBatch``, read in place.
public struct ArrowColumn {
  /// Keeps the memory behind `array` alive.
  private let batch: RecordBatch
  private let array: UnsafeMutablePointer<ArrowArray>
  public let type: ArrowType
  /// Position of the first value in the buffers.
  let offset: Int
  /// Number of values.
  public let count: Int

  init(
    batch: RecordBatch, array: UnsafeMutablePointer<ArrowArray>, type: ArrowType, offset: Int,
    count: Int
  ) {
    self.batch = batch
    self.array = array
    self.type = type
    self.offset = offset + Int(array.pointee.offset)
    self.count = count
  }

  init(slicing column: ArrowColumn, _ range: Range<Int>) {
    batch = column.batch
    array = column.array
    type = column.type
    offset = column.offset + range.lowerBound
    count = range.count
  }

  /// Buffer `index` of the array, nil where the producer left it out.
  func buffer(_ index: Int) -> UnsafeRawPointer? {
    guard index < array.pointee.n_buffers, let buffers = array.pointee.buffers else { return nil }
    return buffers[index]
  }

  /// The validity bitmap (least significant bit first, 1 is valid); nil where every value is.
  var validity: UnsafePointer<UInt8>? {
    guard array.pointee.null_count != 0 else { return nil }
    return buffer(0)?.assumingMemoryBound(to: UInt8.self)
  }

  /// Whether value `index` is there.
  public func isValid(_ index: Int) -> Bool {
    if type == .null { return false }
    guard let validity else { return true }
    let bit = offset + index
    return validity[bit >> 3] >> UInt8(bit & 7) & 1 == 1
  }
}
