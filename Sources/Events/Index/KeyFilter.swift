/// A blocked Bloom filter (Putze, Sanders and Singler, 2007): whether a hash may be among some.
///
/// A hash has a bit in each of the eight words of one block of 64 bytes, so that asking touches one line
/// of the cache. With two bytes a hash about one in a thousand is taken for another. Greater hashes have
/// later blocks: sorted hashes fill blocks one after the other.
enum KeyFilter {
  static let blockBytes = 64
  private static let words = 8
  private static let hashesPerBlock = 32

  static func blocks(for hashes: Int) -> Int {
    max(1, (hashes + hashesPerBlock - 1) / hashesPerBlock)
  }

  static func block(of hash: UInt64, of blocks: Int) -> Int {
    Int(hash.multipliedFullWidth(by: UInt64(blocks)).high)
  }

  static func add(_ hash: UInt64, to block: inout [UInt64]) {
    for word in 0..<words { block[word] |= bit(hash, word) }
  }

  static func mayHave(_ hash: UInt64, _ block: UnsafeRawPointer) -> Bool {
    for word in 0..<words {
      let bits = block.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)
      if bits & bit(hash, word) == 0 { return false }
    }
    return true
  }

  /// Of the hash's lower half, as the upper one has chosen the block: each word takes other six bits.
  private static func bit(_ hash: UInt64, _ word: Int) -> UInt64 {
    1 << UInt64((UInt32(truncatingIfNeeded: hash) &* salt(word)) >> 26)
  }

  /// The odd numbers that the bloom filters of Parquet have.
  private static func salt(_ word: Int) -> UInt32 {
    switch word {
    case 0: 0x47b6_137b
    case 1: 0x4497_4d91
    case 2: 0x8824_ad5b
    case 3: 0xa2b7_289d
    case 4: 0x7054_95c7
    case 5: 0x2df1_424b
    case 6: 0x9efc_4947
    default: 0x5c6b_fb31
    }
  }
}
