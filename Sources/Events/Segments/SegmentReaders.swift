/// Who reads which files of segments, and which of those that were replaced or dropped have to stay for it.
///
/// A reader begins before it looks which segments there are, and may have listed any file from then until it
/// says which. What is discarded belongs to no segment any more: it stays for those who read it, or may have
/// listed it, at that time, and for none who come later. So one that never ends keeps no file but its own.
struct SegmentReaders {
  typealias Reader = Int

  private var next = 0
  /// Paths that each has listed; nil for one that is about to.
  private var listed: [Reader: Set<String>?] = [:]
  /// Files that are to go, with whom they stay for.
  private var doomed: [String: Set<Reader>] = [:]

  mutating func begin() -> Reader {
    next += 1
    listed.updateValue(nil, forKey: next)
    return next
  }

  /// Notes what a reader has listed.
  ///
  /// - Returns: files that can go, as it has not listed them and nobody else keeps them.
  mutating func note(_ paths: [String], of reader: Reader) -> [String] {
    let paths = Set(paths)
    listed.updateValue(paths, forKey: reader)
    return release(reader) { !paths.contains($0) }
  }

  /// - Returns: files that can go, as nobody else keeps them.
  mutating func end(_ reader: Reader) -> [String] {
    listed.removeValue(forKey: reader)
    return release(reader) { _ in true }
  }

  /// - Returns: files that can go now; the others do when nobody keeps them any more.
  mutating func discard(_ paths: [String]) -> [String] {
    paths.filter { path in
      let readers = listed.filter { $0.value?.contains(path) ?? true }.map(\.key)
      guard !readers.isEmpty else { return true }
      doomed[path] = Set(readers)
      return false
    }
  }

  private mutating func release(_ reader: Reader, _ isReleased: (String) -> Bool) -> [String] {
    var gone: [String] = []
    for path in doomed.keys where isReleased(path) {
      doomed[path]?.remove(reader)
      if doomed[path]?.isEmpty == true {
        doomed[path] = nil
        gone.append(path)
      }
    }
    return gone
  }
}
