import DataSources
import Statistics
import Synchronization

/// Counts rows that are equal in every column, from hashes of some columns at a time.
///
/// The hashes of all groups of columns are mixed into one 64-bit hash a row, in whatever order the
/// groups come. Two different rows share a hash with probability 2⁻⁶⁴, so that among a million rows
/// a single false duplicate has odds of one to 37 million.
final class DuplicateCounter: Sendable {
  private let source: String
  private let hashes: Mutex<[UInt64]>

  /// - Parameter source: what to call the table in messages.
  init(rows: Int, of source: String) {
    self.source = source
    hashes = Mutex([UInt64](repeating: 0, count: rows))
  }

  /// Adds the hash of one group of columns for every row.
  ///
  /// - Throws: where the number of rows is not the one expected, as when a file was rewritten while
  ///   it was read.
  func add(_ group: [UInt64], number: Int) throws {
    guard !group.isEmpty else { return }
    try hashes.withLock { hashes in
      guard group.count == hashes.count else {
        throw DataSourceError.unexpectedResult(
          source: source, reason: "it had \(hashes.count) rows at first and \(group.count) later")
      }
      let salt = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15
      for index in hashes.indices { hashes[index] &+= Self.mix(group[index] &+ salt) }
    }
  }

  /// Rows beyond the first of each set of equal ones.
  func duplicates() -> Int {
    hashes.withLock { hashes in
      sortAscending(&hashes)
      var duplicates = 0
      for index in hashes.indices.dropFirst() where hashes[index] == hashes[index - 1] {
        duplicates += 1
      }
      return duplicates
    }
  }

  /// The finaliser of SplitMix64: every bit of the input reaches every bit of the output.
  private static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
