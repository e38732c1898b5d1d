import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Writes a ``KeyRun`` from entries in the order of their hashes, in memory that does not grow with them.
final class KeyRunWriter {
  /// A part of the file that is written from its begin on.
  private struct Section {
    let file: Int32
    var offset: Int
    var buffer: [UInt8] = []
    var checksum = Checksum()

    mutating func append(_ value: some BitwiseCopyable) throws {
      withUnsafeBytes(of: value) { buffer.append(contentsOf: $0) }
      if buffer.count >= KeyRun.chunk { try flush() }
    }

    mutating func flush() throws {
      buffer.withUnsafeBytes { checksum.add($0) }
      try KeyRunWriter.write(buffer, to: file, at: offset)
      offset += buffer.count
      buffer.removeAll(keepingCapacity: true)
    }
  }

  private let file: Int32
  private let parts: [KeyRun.Part]
  private let fingerprint: UInt64
  private let blocks: Int
  private var filter: Section
  private var entries: Section
  private var block = [UInt64](repeating: 0, count: KeyFilter.blockBytes / 8)
  private var blockIndex = 0
  private var count = 0

  /// - Parameters:
  ///   - path: of a file that is not there yet.
  ///   - parts: the segments that entries are of.
  ///   - capacity: entries there may be.
  init(
    _ path: String, parts: [KeyRun.Part], capacity: Int, fingerprint: UInt64
  ) throws {
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    self.parts = parts
    self.fingerprint = fingerprint
    blocks = KeyFilter.blocks(for: capacity)
    filter = Section(file: file, offset: KeyRun.headerBytes)
    entries = Section(file: file, offset: KeyRun.headerBytes + blocks * KeyFilter.blockBytes)
    guard file >= 0 else { throw Self.failure() }
  }

  deinit { if file >= 0 { close(file) } }

  func add(_ entry: KeyRun.Entry) throws {
    try reach(KeyFilter.block(of: entry.hash, of: blocks))
    KeyFilter.add(entry.hash, to: &block)
    try entries.append(entry.hash)
    try entries.append(entry.part)
    count += 1
  }

  /// Writes blocks before one.
  private func reach(_ next: Int) throws {
    while blockIndex < next {
      for word in block.indices {
        try filter.append(block[word])
        block[word] = 0
      }
      blockIndex += 1
    }
  }

  /// Completes the file.
  func finish() throws {
    try reach(blocks)
    try filter.flush()
    try entries.flush()
    let list = Array(parts.map { "\($0.rows) \($0.path)\n" }.joined().utf8)
    try Self.write(list, to: file, at: entries.offset)
    let words: [UInt64] = [
      KeyRun.magic, UInt64(count), UInt64(blocks), UInt64(list.count), fingerprint,
      filter.checksum.value, entries.checksum.value,
    ]
    var header = words.withUnsafeBytes { Array($0) }
    var checksum = Checksum()
    list.withUnsafeBytes { checksum.add($0) }
    header.withUnsafeBytes { checksum.add($0) }
    withUnsafeBytes(of: checksum.value) { header.append(contentsOf: $0) }
    try Self.write(header, to: file, at: 0)
  }

  private static func write(_ bytes: [UInt8], to file: Int32, at offset: Int) throws {
    var written = 0
    while written < bytes.count {
      let more = bytes.withUnsafeBytes {
        pwrite(
          file, $0.baseAddress.map { $0 + written }, bytes.count - written, off_t(offset + written))
      }
      if more < 0, errno == EINTR { continue }
      guard more > 0 else { throw failure() }
      written += more
    }
  }

  private static func failure() -> EventError {
    .notKept(reason: "the index of events: \(String(cString: strerror(errno)))")
  }
}
