import Columns

/// Keys of the events that came last, to tell which come again.
///
/// Two generations: when the younger is full it becomes the elder, and the elder is forgotten. So it
/// knows at least the last `capacity` keys, in memory that is bounded.
struct EventKeyWindow {
  /// 128 bits of a keyed hash: that two events have the same by chance is out of the question.
  struct Key: Hashable {
    let high: Int
    let low: Int
  }

  private let capacity: Int
  private var young: Set<Key> = []
  private var old: Set<Key> = []

  init(capacity: Int) {
    self.capacity = max(1, capacity)
    // Growing would make somebody wait while all keys are put in anew. What is reserved is memory only
    // once keys are in it.
    young.reserveCapacity(self.capacity)
    old.reserveCapacity(self.capacity)
  }

  func contains(_ key: Key) -> Bool { young.contains(key) || old.contains(key) }

  mutating func insert(_ key: Key) {
    if young.count >= capacity {
      swap(&old, &young)
      young.removeAll(keepingCapacity: true)
    }
    young.insert(key)
  }

  /// What tells an event from others: its id, and of a label also what it says.
  static func keys(of table: MemoryTable, model: String, _ kind: EventKind) -> [Key] {
    guard case .texts(let ends, let bytes)? = table.column(kind.idColumn)?.values else {
      return []
    }
    let labels = kind == .labels ? table.column(EventColumnName.label) : nil
    // What all rows have in common is hashed once.
    let bases = (0..<2).map { salt in
      var hasher = Hasher()
      hasher.combine(salt)
      hasher.combine(model)
      hasher.combine(kind)
      return hasher
    }
    return bytes.withUnsafeBytes { bytes in
      (0..<table.rows).map { row in
        let id = UnsafeRawBufferPointer(
          rebasing: bytes[(row > 0 ? Int(ends[row - 1]) : 0)..<Int(ends[row])])
        func hash(_ base: Hasher) -> Int {
          var hasher = base
          hasher.combine(bytes: id)
          switch labels?.values {
          case .numbers(let values): hasher.combine(values[row])
          case .booleans(let values): hasher.combine(values[row])
          case .timestamps(let values): hasher.combine(values[row])
          case .texts: labels?.text(row).withUnsafeBytes { hasher.combine(bytes: $0) }
          case nil: break
          }
          return hasher.finalize()
        }
        return Key(high: hash(bases[0]), low: hash(bases[1]))
      }
    }
  }
}
