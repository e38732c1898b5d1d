/// The MD5 digests (RFC 1321) of four messages at a time.
///
/// Here MD5 spreads users evenly over variants; it protects nothing. A step of it waits for the one
/// before, so that four messages side by side take about as long as one.
struct MD5 {
  typealias Words = SIMD4<UInt32>

  private var a = Words(repeating: 0x6745_2301)
  private var b = Words(repeating: 0xefcd_ab89)
  private var c = Words(repeating: 0x98ba_dcfe)
  private var d = Words(repeating: 0x1032_5476)

  /// Each digest as a number, its first byte highest, less all whole 10 000s.
  ///
  /// - Parameters:
  ///   - messages: four messages, padded, one every `stride` bytes.
  ///   - blocks: how many blocks of 64 bytes each has.
  static func remainders(
    _ messages: UnsafeRawPointer, stride: Int, blocks: SIMD4<Int>
  ) -> SIMD4<UInt64> {
    var state = MD5()
    for block in 0..<blocks.max() {
      let before = state
      var words = InlineArray<16, Words>(repeating: Words())
      for word in 0..<16 {
        let at = 64 &* block &+ 4 &* word
        for lane in 0..<4 {
          words[word][lane] = UInt32(
            littleEndian: messages.load(fromByteOffset: lane &* stride &+ at, as: UInt32.self))
        }
      }
      state.add(words)
      guard blocks.min() <= block else { continue }
      // Messages that have ended keep their digest.
      let isOver = SIMD4<Int32>(truncatingIfNeeded: blocks) .<= Int32(truncatingIfNeeded: block)
      state.a.replace(with: before.a, where: isOver)
      state.b.replace(with: before.b, where: isOver)
      state.c.replace(with: before.c, where: isOver)
      state.d.replace(with: before.d, where: isOver)
    }
    return state.remainders
  }

  /// How many blocks a message of so many bytes takes with its end mark and length.
  static func blocks(of length: Int) -> Int { (length + 9 + 63) / 64 }

  /// Puts a message's end mark and length behind it, and zeros between.
  static func pad(_ message: UnsafeMutableRawPointer, length: Int) {
    let end = 64 * blocks(of: length)
    message.storeBytes(of: 0x80, toByteOffset: length, as: UInt8.self)
    for at in (length + 1)..<(end - 8) {
      message.storeBytes(of: 0, toByteOffset: at, as: UInt8.self)
    }
    message.storeBytes(
      of: (UInt64(length) &* 8).littleEndian, toByteOffset: end - 8, as: UInt64.self)
  }

  private var remainders: SIMD4<UInt64> {
    var result = SIMD4<UInt64>()
    for lane in 0..<4 {
      let high = UInt64(a[lane].byteSwapped) << 32 | UInt64(b[lane].byteSwapped)
      let low = UInt64(c[lane].byteSwapped) << 32 | UInt64(d[lane].byteSwapped)
      // 2⁶⁴ leaves 1616.
      result[lane] = (high % 10_000 * 1_616 + low % 10_000) % 10_000
    }
    return result
  }

  private mutating func add(_ block: InlineArray<16, Words>) {
    var (a, b, c, d) = (self.a, self.b, self.c, self.d)
    @inline(__always)
    func step(_ mixed: Words, _ word: Int, _ constant: UInt32, _ turn: UInt32) {
      let sum = a &+ mixed &+ block[word] &+ Words(repeating: constant)
      // As a sum: the compiler takes the usual form for a rotation and makes it one lane at a time.
      let turned = (sum &<< Words(repeating: turn)) &+ (sum &>> Words(repeating: 32 &- turn))
      (a, d, c, b) = (d, c, b, b &+ turned)
    }
    step(d ^ (b & (c ^ d)), 0, 0xd76a_a478, 7)
    step(d ^ (b & (c ^ d)), 1, 0xe8c7_b756, 12)
    step(d ^ (b & (c ^ d)), 2, 0x2420_70db, 17)
    step(d ^ (b & (c ^ d)), 3, 0xc1bd_ceee, 22)
    step(d ^ (b & (c ^ d)), 4, 0xf57c_0faf, 7)
    step(d ^ (b & (c ^ d)), 5, 0x4787_c62a, 12)
    step(d ^ (b & (c ^ d)), 6, 0xa830_4613, 17)
    step(d ^ (b & (c ^ d)), 7, 0xfd46_9501, 22)
    step(d ^ (b & (c ^ d)), 8, 0x6980_98d8, 7)
    step(d ^ (b & (c ^ d)), 9, 0x8b44_f7af, 12)
    step(d ^ (b & (c ^ d)), 10, 0xffff_5bb1, 17)
    step(d ^ (b & (c ^ d)), 11, 0x895c_d7be, 22)
    step(d ^ (b & (c ^ d)), 12, 0x6b90_1122, 7)
    step(d ^ (b & (c ^ d)), 13, 0xfd98_7193, 12)
    step(d ^ (b & (c ^ d)), 14, 0xa679_438e, 17)
    step(d ^ (b & (c ^ d)), 15, 0x49b4_0821, 22)
    step(c ^ (d & (b ^ c)), 1, 0xf61e_2562, 5)
    step(c ^ (d & (b ^ c)), 6, 0xc040_b340, 9)
    step(c ^ (d & (b ^ c)), 11, 0x265e_5a51, 14)
    step(c ^ (d & (b ^ c)), 0, 0xe9b6_c7aa, 20)
    step(c ^ (d & (b ^ c)), 5, 0xd62f_105d, 5)
    step(c ^ (d & (b ^ c)), 10, 0x0244_1453, 9)
    step(c ^ (d & (b ^ c)), 15, 0xd8a1_e681, 14)
    step(c ^ (d & (b ^ c)), 4, 0xe7d3_fbc8, 20)
    step(c ^ (d & (b ^ c)), 9, 0x21e1_cde6, 5)
    step(c ^ (d & (b ^ c)), 14, 0xc337_07d6, 9)
    step(c ^ (d & (b ^ c)), 3, 0xf4d5_0d87, 14)
    step(c ^ (d & (b ^ c)), 8, 0x455a_14ed, 20)
    step(c ^ (d & (b ^ c)), 13, 0xa9e3_e905, 5)
    step(c ^ (d & (b ^ c)), 2, 0xfcef_a3f8, 9)
    step(c ^ (d & (b ^ c)), 7, 0x676f_02d9, 14)
    step(c ^ (d & (b ^ c)), 12, 0x8d2a_4c8a, 20)
    step(b ^ c ^ d, 5, 0xfffa_3942, 4)
    step(b ^ c ^ d, 8, 0x8771_f681, 11)
    step(b ^ c ^ d, 11, 0x6d9d_6122, 16)
    step(b ^ c ^ d, 14, 0xfde5_380c, 23)
    step(b ^ c ^ d, 1, 0xa4be_ea44, 4)
    step(b ^ c ^ d, 4, 0x4bde_cfa9, 11)
    step(b ^ c ^ d, 7, 0xf6bb_4b60, 16)
    step(b ^ c ^ d, 10, 0xbebf_bc70, 23)
    step(b ^ c ^ d, 13, 0x289b_7ec6, 4)
    step(b ^ c ^ d, 0, 0xeaa1_27fa, 11)
    step(b ^ c ^ d, 3, 0xd4ef_3085, 16)
    step(b ^ c ^ d, 6, 0x0488_1d05, 23)
    step(b ^ c ^ d, 9, 0xd9d4_d039, 4)
    step(b ^ c ^ d, 12, 0xe6db_99e5, 11)
    step(b ^ c ^ d, 15, 0x1fa2_7cf8, 16)
    step(b ^ c ^ d, 2, 0xc4ac_5665, 23)
    step(c ^ (b | ~d), 0, 0xf429_2244, 6)
    step(c ^ (b | ~d), 7, 0x432a_ff97, 10)
    step(c ^ (b | ~d), 14, 0xab94_23a7, 15)
    step(c ^ (b | ~d), 5, 0xfc93_a039, 21)
    step(c ^ (b | ~d), 12, 0x655b_59c3, 6)
    step(c ^ (b | ~d), 3, 0x8f0c_cc92, 10)
    step(c ^ (b | ~d), 10, 0xffef_f47d, 15)
    step(c ^ (b | ~d), 1, 0x8584_5dd1, 21)
    step(c ^ (b | ~d), 8, 0x6fa8_7e4f, 6)
    step(c ^ (b | ~d), 15, 0xfe2c_e6e0, 10)
    step(c ^ (b | ~d), 6, 0xa301_4314, 15)
    step(c ^ (b | ~d), 13, 0x4e08_11a1, 21)
    step(c ^ (b | ~d), 4, 0xf753_7e82, 6)
    step(c ^ (b | ~d), 11, 0xbd3a_f235, 10)
    step(c ^ (b | ~d), 2, 0x2ad7_d2bb, 15)
    step(c ^ (b | ~d), 9, 0xeb86_d391, 21)
    self.a &+= a
    self.b &+= b
    self.c &+= c
    self.d &+= d
  }
}
