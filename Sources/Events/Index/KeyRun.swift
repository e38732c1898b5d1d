import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file of the hashes of some segments' events, sorted, behind a filter; complete and never changed.
///
/// The file has a header of eight words (magic, entries, blocks of the filter, bytes of the list of
/// segments, fingerprint of the hashes' secret, checksums of filter, entries, and list and header), the
/// filter's blocks, the entries (a hash and the place of a segment in the list), and the list. The filter
/// is mapped: it takes no memory that the system could not have back. Entries are read where the filter
/// says that there may be one.
///
/// Unchecked, because of the mapped bytes, which nobody writes and which go with it.
final class KeyRun: @unchecked Sendable {
  /// A segment whose hashes it has.
  struct Part: Equatable {
    var path: String
    var rows: Int
  }

  struct Entry: Equatable {
    var hash: UInt64
    /// The place of its segment among the parts.
    var part: UInt32

    static let bytes = 12
    static func < (one: Entry, other: Entry) -> Bool { one.hash < other.hash }
  }

  /// What of a file is read at a time: as many whole entries as blocks of the filter.
  static let chunk = 98_304
  static let headerBytes = 64
  static let magic: UInt64 = 0x31_4b_45_59_4d_4c_50_31

  let path: String
  let parts: [Part]
  let count: Int
  private let file: Int32
  private let blocks: Int
  private let mapped: UnsafeMutableRawPointer
  private var entriesOffset: Int { Self.headerBytes + blocks * KeyFilter.blockBytes }

  /// Opens a file; nil where it is none, is damaged, or has the hashes of another secret.
  init?(_ path: String, fingerprint: UInt64) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    guard let content = KeyRunContent(file, fingerprint: fingerprint) else {
      close(file)
      return nil
    }
    let length = Self.headerBytes + content.blocks * KeyFilter.blockBytes
    let mapped = mmap(nil, length, PROT_READ, MAP_SHARED, file, 0)
    guard let mapped, mapped != MAP_FAILED else {
      close(file)
      return nil
    }
    // Hashes have no order that could be read ahead.
    madvise(mapped, length, MADV_RANDOM)
    self.path = path
    self.file = file
    self.mapped = mapped
    (parts, count, blocks) = (content.parts, content.count, content.blocks)
  }

  deinit {
    munmap(mapped, entriesOffset)
    close(file)
  }

  /// Whether the hash may be there; where not it is not.
  func mayHave(_ hash: UInt64) -> Bool {
    let block = KeyFilter.block(of: hash, of: blocks)
    return KeyFilter.mayHave(
      hash, UnsafeRawPointer(mapped) + (Self.headerBytes + block * KeyFilter.blockBytes))
  }

  /// Places of the segments that have an event with the hash.
  func parts(having hash: UInt64) throws -> Set<Int> {
    var position = try first(from: hash)
    var found: Set<Int> = []
    while position < count {
      let entries = try entries(at: position, 64)
      for entry in entries {
        guard entry.hash == hash else { return found }
        found.insert(Int(entry.part))
      }
      position += entries.count
    }
    return found
  }

  /// The place of the first entry whose hash is no less than one.
  private func first(from hash: UInt64) throws -> Int {
    var (lower, upper) = (0, count)
    // Hashes are spread evenly: where one is to be found is known but for chance.
    let guess = Int(hash.multipliedFullWidth(by: UInt64(count)).high)
    let reach = Int(4 * Double(count).squareRoot()) + 1
    var pivots = [guess - reach, guess + reach]
    while lower < upper {
      let pivot = pivots.popLast().flatMap { lower..<upper ~= $0 ? $0 : nil } ?? (lower + upper) / 2
      if try entries(at: pivot, 1)[0].hash < hash { lower = pivot + 1 } else { upper = pivot }
    }
    return lower
  }

  /// Up to some entries from a place on; at least one.
  private func entries(at position: Int, _ limit: Int) throws -> [Entry] {
    let size = min(limit, count - position) * Entry.bytes
    let bytes = try Self.read(file, at: entriesOffset + position * Entry.bytes, size)
    let entries = Self.entries(bytes)
    // What was whole when it was opened may be no more.
    guard entries.allSatisfy({ Int($0.part) < parts.count }) else {
      throw EventError.notKept(reason: "the index of events: a file of it is damaged")
    }
    return entries
  }

  static func entries(_ bytes: [UInt8]) -> [Entry] {
    bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: Entry.bytes).map { offset in
        Entry(
          hash: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
          part: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self))
      }
    }
  }

  /// Reads so many bytes, or throws.
  static func read(_ file: Int32, at offset: Int, _ size: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: size)
    var filled = 0
    while filled < size {
      let read = bytes.withUnsafeMutableBytes {
        pread(file, $0.baseAddress.map { $0 + filled }, size - filled, off_t(offset + filled))
      }
      if read < 0, errno == EINTR { continue }
      guard read > 0 else {
        throw EventError.notKept(
          reason: "the index of events: "
            + (read < 0 ? String(cString: strerror(errno)) : "a file of it is too short"))
      }
      filled += read
    }
    return bytes
  }

  /// All entries, in the order of their hashes.
  func reader() -> Reader { Reader(self) }

  struct Reader {
    private let run: KeyRun
    private var next = 0
    private var waiting: [Entry] = []
    private var taken = 0

    fileprivate init(_ run: KeyRun) { self.run = run }

    /// nil after the last.
    mutating func read() throws -> Entry? {
      if taken == waiting.count {
        guard next < run.count else { return nil }
        waiting = try run.entries(at: next, KeyRun.chunk / Entry.bytes)
        next += waiting.count
        taken = 0
      }
      taken += 1
      return waiting[taken - 1]
    }
  }
}
