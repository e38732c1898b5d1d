import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Rows of numbers that many threads add to without waiting for each other: each thread has a row of
/// its own, or shares one with few, and a reader adds the rows up.
///
/// Unchecked, because of the pointer: it is set once, and what it points to is atomic.
final class StripedCells: @unchecked Sendable {
  /// Cells of a cache line; a row takes whole lines so that no two threads write to one.
  private static let lineCells = 8
  private static let rows = 8

  private let width: Int
  private let stride: Int
  private let cells: UnsafeMutablePointer<Atomic<UInt64>>

  /// - Parameter width: cells of a row.
  init(width: Int) {
    self.width = width
    stride = (width + Self.lineCells - 1) / Self.lineCells * Self.lineCells
    let count = stride * Self.rows
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: count * MemoryLayout<Atomic<UInt64>>.stride, alignment: 64)
    cells = memory.bindMemory(to: Atomic<UInt64>.self, capacity: count)
    for index in 0..<count { (cells + index).initialize(to: Atomic(0)) }
  }

  deinit {
    cells.deinitialize(count: stride * Self.rows)
    UnsafeMutableRawPointer(cells).deallocate()
  }

  /// The row of this thread.
  @inline(__always)
  private var row: UnsafeMutablePointer<Atomic<UInt64>> {
    // Thread descriptors lie pages apart: what tells them apart is above those bits.
    #if canImport(Darwin)
      let thread = UInt(bitPattern: pthread_self()) >> 12
    #else
      let thread = pthread_self() >> 12
    #endif
    let mixed = (thread &* 0x9E37_79B9_7F4A_7C15) >> 61
    return cells + Int(mixed) &* stride
  }

  /// Adds to a cell that counts.
  @inline(__always)
  func count(_ cell: Int) {
    _ = row[cell].wrappingAdd(1, ordering: .relaxed)
  }

  /// Adds to a cell that sums.
  @inline(__always)
  func add(_ amount: Double, to cell: Int) {
    Self.add(amount, to: row + cell)
  }

  /// Counts in one cell and sums in another.
  @inline(__always)
  func count(_ counted: Int, adding amount: Double, to summed: Int) {
    let row = row
    _ = row[counted].wrappingAdd(1, ordering: .relaxed)
    Self.add(amount, to: row + summed)
  }

  @inline(__always)
  private static func add(_ amount: Double, to cell: UnsafeMutablePointer<Atomic<UInt64>>) {
    var known = cell.pointee.load(ordering: .relaxed)
    while true {
      let sum = (Double(bitPattern: known) + amount).bitPattern
      let (exchanged, original) = cell.pointee.weakCompareExchange(
        expected: known, desired: sum, ordering: .relaxed)
      if exchanged { return }
      known = original
    }
  }

  /// What a cell has counted in all rows.
  func total(_ cell: Int) -> UInt64 {
    var total: UInt64 = 0
    for row in 0..<Self.rows {
      total &+= cells[row * stride + cell].load(ordering: .relaxed)
    }
    return total
  }

  /// What a cell has summed in all rows.
  func sum(_ cell: Int) -> Double {
    var sum = 0.0
    for row in 0..<Self.rows {
      sum += Double(bitPattern: cells[row * stride + cell].load(ordering: .relaxed))
    }
    return sum
  }

  func clear(_ cell: Int) {
    for row in 0..<Self.rows { cells[row * stride + cell].store(0, ordering: .relaxed) }
  }
}
