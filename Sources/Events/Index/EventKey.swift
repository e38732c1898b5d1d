import Columns

/// 128 bits of a keyed hash of what tells an event from others: that two events have the same by chance
/// is out of the question.
struct EventKey: Hashable, Sendable {
  /// What the index of sealed events has; there an equal one is looked up in full.
  let hash: UInt64
  let check: UInt64
}

/// Makes keys of events: of their model, kind and id, and of a label also of what it says.
struct EventKeys: Sendable {
  private let sip: SipHash
  /// Bits of the hash that are used; fewer than all make collisions, for tests.
  private let mask: UInt64

  init(secret: SipHash.Key, mask: UInt64 = .max) {
    sip = SipHash(key: secret)
    self.mask = mask
  }

  /// Tells which secret hashes were made with.
  var fingerprint: UInt64 { Array("fingerprint".utf8).withUnsafeBytes { sip($0).0 } ^ ~mask }

  func keys(of table: MemoryTable, model: String, _ kind: EventKind) -> [EventKey] {
    guard case .texts(let ends, let bytes)? = table.column(kind.idColumn)?.values else { return [] }
    // What all rows have in common is hashed once.
    let own = SipHash(key: Array("\(kind.rawValue)/\(model)".utf8).withUnsafeBytes { sip($0) })
    let labels = kind == .labels ? table.column(EventColumnName.label) : nil
    var whole: [UInt8] = []
    return bytes.withUnsafeBytes { bytes in
      (0..<table.rows).map { row in
        let id = bytes[(row > 0 ? Int(ends[row - 1]) : 0)..<Int(ends[row])]
        guard let labels else { return key(own(UnsafeRawBufferPointer(rebasing: id))) }
        whole.removeAll(keepingCapacity: true)
        whole.append(contentsOf: id)
        Self.append(labels, row, to: &whole)
        return key(whole.withUnsafeBytes { own($0) })
      }
    }
  }

  private func key(_ hashes: SipHash.Key) -> EventKey {
    EventKey(hash: hashes.0 & mask, check: hashes.1)
  }

  /// Appends what a label says, and its length, so that it cannot be taken for a part of the id.
  private static func append(_ labels: MemoryColumn, _ row: Int, to bytes: inout [UInt8]) {
    let start = bytes.count
    switch labels.values {
    case .numbers(let values):
      // Equal numbers have one hash.
      let value = values[row]
      append(value == 0 ? 0 : value.isNaN ? Double.nan.bitPattern : value.bitPattern, to: &bytes)
    case .booleans(let values): bytes.append(values[row] ? 1 : 0)
    case .timestamps(let values): append(UInt64(bitPattern: values[row]), to: &bytes)
    case .texts: bytes.append(contentsOf: labels.text(row))
    }
    append(UInt64(bytes.count - start), to: &bytes)
  }

  private static func append(_ word: UInt64, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
  }
}

/// Keys of events that are in the journal and in no segment yet. What is sealed is told by the index.
struct UnsealedKeys {
  private var keys: Set<EventKey> = []
  /// The state of the index from which on keys were taken out of here: who has looked into an older one
  /// has to look again.
  private(set) var version = 0

  /// Growing would make somebody wait while all keys are put in anew. What is reserved is memory only
  /// once keys are in it.
  init(reserving capacity: Int) { keys.reserveCapacity(capacity) }

  var count: Int { keys.count }

  /// Whether it was not there yet.
  mutating func insert(_ key: EventKey) -> Bool { keys.insert(key).inserted }

  mutating func remove(_ gone: some Sequence<EventKey>) {
    for key in gone { keys.remove(key) }
  }

  /// Takes out what a state of the index, and all after it, know.
  mutating func remove(_ gone: some Sequence<EventKey>, knownSince version: Int) {
    self.version = max(self.version, version)
    remove(gone)
  }
}
