import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a file of hashes says it has, once all of it has been found to be as it was written.
struct KeyRunContent {
  var parts: [KeyRun.Part] = []
  let count: Int
  let blocks: Int

  /// nil where the file is none of ours, or not whole.
  init?(_ file: Int32, fingerprint: UInt64) {
    var status = stat()
    guard fstat(file, &status) == 0,
      let header = try? KeyRun.read(file, at: 0, KeyRun.headerBytes)
    else { return nil }
    let words = header.withUnsafeBytes { header in
      (0..<8).map { header.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) }
    }
    // A file that says it has more than is possible is damaged.
    guard words[0] == KeyRun.magic, words[4] == fingerprint, words[1] < 1 << 40,
      words[2] < 1 << 40, words[3] < 1 << 32
    else { return nil }
    (count, blocks) = (Int(words[1]), Int(words[2]))
    let entries = KeyRun.headerBytes + blocks * KeyFilter.blockBytes
    let list = entries + count * KeyRun.Entry.bytes
    guard blocks > 0, Int(status.st_size) == list + Int(words[3]) else { return nil }
    do {
      guard try Checksum(of: file, KeyRun.headerBytes..<entries).value == words[5],
        try Checksum(of: file, entries..<list).value == words[6]
      else { return nil }
      let bytes = try KeyRun.read(file, at: list, Int(words[3]))
      var checksum = Checksum()
      bytes.withUnsafeBytes { checksum.add($0) }
      header.withUnsafeBytes { checksum.add(UnsafeRawBufferPointer(rebasing: $0[..<56])) }
      guard checksum.value == words[7] else { return nil }
      // A line for each segment: its rows, and its path.
      for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
        let fields = line.split(separator: " ", maxSplits: 1)
        guard fields.count == 2, let rows = Int(fields[0]) else { return nil }
        parts.append(KeyRun.Part(path: String(fields[1]), rows: rows))
      }
    } catch {
      return nil
    }
  }
}

/// Tells whether bytes are those that were written; no safeguard against who wants to deceive.
struct Checksum {
  private(set) var value: UInt64 = 0x243f_6a88_85a3_08d3

  /// Adds bytes; all but the last have to be a multiple of eight.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    let whole = bytes.count & ~7
    for offset in stride(from: 0, to: whole, by: 8) {
      add(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    guard whole < bytes.count else { return }
    var last: UInt64 = 0
    for offset in whole..<bytes.count { last = last << 8 | UInt64(bytes[offset]) }
    add(last)
  }

  private mutating func add(_ word: UInt64) {
    value = (value ^ word) &* 0x9e37_79b9_7f4a_7c15
    value ^= value >> 29
  }

  init() {}

  /// Of a part of a file.
  init(of file: Int32, _ range: Range<Int>) throws {
    for offset in stride(from: range.lowerBound, to: range.upperBound, by: KeyRun.chunk) {
      let size = min(KeyRun.chunk, range.upperBound - offset)
      try KeyRun.read(file, at: offset, size).withUnsafeBytes { add($0) }
    }
  }
}
