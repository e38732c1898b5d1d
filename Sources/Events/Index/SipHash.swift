/// SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012): a hash with a secret key, so that nobody
/// who lacks it can make texts that have the same.
struct SipHash: Sendable {
  typealias Key = (UInt64, UInt64)

  let key: Key

  func callAsFunction(_ bytes: UnsafeRawBufferPointer) -> Key {
    var state = State(key)
    let whole = bytes.count & ~7
    for offset in stride(from: 0, to: whole, by: 8) {
      state.absorb(
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
    }
    // The last word has what is left, and the length.
    var last = UInt64(truncatingIfNeeded: bytes.count) << 56
    for offset in whole..<bytes.count {
      last |= UInt64(bytes[offset]) << UInt64(8 * (offset - whole))
    }
    state.absorb(last)
    return state.finish()
  }

  private struct State {
    var v0, v1, v2, v3: UInt64

    init(_ key: Key) {
      v0 = 0x736f_6d65_7073_6575 ^ key.0
      v1 = 0x646f_7261_6e64_6f6d ^ key.1 ^ 0xee
      v2 = 0x6c79_6765_6e65_7261 ^ key.0
      v3 = 0x7465_6462_7974_6573 ^ key.1
    }

    mutating func round() {
      v0 &+= v1
      v1 = v1 << 13 | v1 >> 51
      v1 ^= v0
      v0 = v0 << 32 | v0 >> 32
      v2 &+= v3
      v3 = v3 << 16 | v3 >> 48
      v3 ^= v2
      v0 &+= v3
      v3 = v3 << 21 | v3 >> 43
      v3 ^= v0
      v2 &+= v1
      v1 = v1 << 17 | v1 >> 47
      v1 ^= v2
      v2 = v2 << 32 | v2 >> 32
    }

    mutating func absorb(_ word: UInt64) {
      v3 ^= word
      round()
      round()
      v0 ^= word
    }

    mutating func finish() -> Key {
      v2 ^= 0xee
      for _ in 0..<4 { round() }
      let first = v0 ^ v1 ^ v2 ^ v3
      v1 ^= 0xdd
      for _ in 0..<4 { round() }
      return (first, v0 ^ v1 ^ v2 ^ v3)
    }
  }
}
