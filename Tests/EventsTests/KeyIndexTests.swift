import Foundation
import Support
import Testing

@testable import Events

/// Hashes of events on the disk.
struct KeyIndexTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["scratch", "index"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
    }
  }

  /// From `openssl mac -macopt hexkey:000102…0f -macopt size:16 SIPHASH`.
  @Test(arguments: [
    (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
    (15, "5493e99933b0a8117e08ec0f97cfc3d9"), (17, "473d06e8738db89854c066c47ae47740"),
  ])
  func `Hashes are SipHash's`(length: Int, expected: String) {
    let hash = SipHash(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
    let (first, second) = (0..<length).map { UInt8($0) }.withUnsafeBytes { hash($0) }
    let hex = [first, second].map { word in
      let digits = String(word.byteSwapped, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    #expect(hex.joined() == expected)
  }

  private func segment(_ name: String, rows: Int) -> Segment {
    Segment(
      model: "m", kind: .predictions, day: "2024-05-01", path: "events/\(name)", rows: rows,
      bytes: 1, firstTime: 0, lastTime: 1)
  }

  private static func hash(_ number: Int) -> UInt64 {
    withUnsafeBytes(of: number) { SipHash(key: (1, 2))($0).0 }
  }

  private func found(_ index: KeyIndex, _ number: Int) throws -> Set<String> {
    let segments = try index.snapshot.segments(having: Self.hash(number), of: "m", .predictions)
    return Set(segments.map(\.path))
  }

  private func files() throws -> Set<String> {
    let index = folder.path + "/index"
    return Set(
      try FileManager.default.contentsOfDirectory(atPath: index).map { "\(index)/\($0)" })
  }

  @Test func `Runs are merged, and know what they knew but for what is gone`() throws {
    let rows = 3_000
    let segments = (0..<9).map { segment("\($0)", rows: rows) }
    let index = try KeyIndex(
      folder: folder.path, fingerprint: 7, segments: []
    ) { _ in [] }
    for (place, segment) in segments.enumerated() {
      let numbers = place * rows..<(place + 1) * rows
      try index.add(numbers.map { .init(hash: Self.hash($0), part: 0) }, of: [segment])
      index.finishMerging()
    }
    // Twice four of like size, and the last.
    #expect(index.snapshot.runs.map(\.count).sorted() == [rows, 4 * rows, 4 * rows])
    #expect(try files() == Set(index.snapshot.runs.map(\.path)))
    index.remove([segments[2]])
    index.close()
    #expect(try files().count == 3)
    let again = try KeyIndex(
      folder: folder.path, fingerprint: 7, segments: segments.filter { $0 != segments[2] }
    ) { segment in
      Issue.record("\(segment.path) is read again")
      return []
    }
    for index in [index, again] {
      for number in stride(from: 0, to: 9 * rows, by: 7) {
        let place = number / rows
        #expect(try found(index, number) == (place == 2 ? [] : ["events/\(place)"]))
      }
      // Not one that is new is looked up in vain more often than the filters say.
      let misses = (9 * rows..<12 * rows).count { number in
        index.snapshot.runs.contains { $0.mayHave(Self.hash(number)) }
      }
      #expect(misses < 9 * rows / 100, "\(misses)")
      #expect(try (9 * rows..<12 * rows).allSatisfy { try found(index, $0).isEmpty })
    }
  }

  @Test func `A run whose events have several hashes is written anew only where most are gone`()
    throws
  {
    let rows = 100
    let segments = (0..<5).map { segment("\($0)", rows: rows) }
    let index = try KeyIndex(folder: folder.path, fingerprint: 7, segments: []) { _ in [] }
    // Which of a day's files has an event is not known: each has five hashes.
    let entries = (0..<5 * rows).flatMap { number in
      segments.indices.map { KeyRun.Entry(hash: Self.hash(number), part: UInt32($0)) }
    }
    try index.add(entries, of: segments)
    #expect(KeyIndex.due(in: index.snapshot).isEmpty)
    index.remove(Array(segments[..<2]))
    #expect(KeyIndex.due(in: index.snapshot).isEmpty)
    index.remove([segments[2]])
    index.finishMerging()
    #expect(index.snapshot.runs.map(\.count) == [2 * 5 * rows])
    #expect(try found(index, 7) == ["events/3", "events/4"])
  }

  /// Adds a segment of 100 events.
  private func add(_ name: Int, to index: KeyIndex) throws {
    let numbers = 1_000 * name..<1_000 * name + 100
    try index.add(
      numbers.map { .init(hash: Self.hash($0), part: 0) }, of: [segment("\(name)", rows: 100)])
    index.finishMerging()
  }

  /// What damages a file, behind the filter, which is mapped.
  enum Damage: CaseIterable {
    case short, odd

    func happen(to path: String) throws {
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      let end = try file.seekToEnd()
      switch self {
      case .short: try file.truncate(atOffset: end - 400)
      case .odd:
        try file.seek(toOffset: end - 400)
        try file.write(contentsOf: Data(repeating: 0xff, count: 300))
      }
      try file.close()
    }
  }

  @Test(arguments: Damage.allCases)
  func `A file that cannot be merged is told, left alone a while and tried again`(
    _ damage: Damage
  ) throws {
    let index = try KeyIndex(folder: folder.path, fingerprint: 7, segments: []) { _ in [] }
    try add(0, to: index)
    let path = try #require(index.snapshot.runs.first?.path)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try damage.happen(to: path)
    for name in 1..<4 { try add(name, to: index) }
    #expect(index.current.files == 4)
    let failure = index.current.failure ?? ""
    #expect(failure.contains(damage == .short ? "too short" : "damaged"), "\(failure)")
    #expect(failure.contains("index/\((path as NSString).lastPathComponent)"), "\(failure)")
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.write(contentsOf: whole)
    // Not by the next sealing, which merges the others.
    try add(4, to: index)
    #expect(index.current.files == 2 && index.snapshot.runs.contains { $0.path == path })
    for name in 5..<8 { try add(name, to: index) }
    #expect(index.current.files == 2 && index.current.failure == nil, "\(index.current)")
    for name in 0..<8 { #expect(try found(index, 1_000 * name + 7) == ["events/\(name)"]) }
  }

  @Test func `A file that cannot be merged holds no others back, and is told until it is gone`()
    throws
  {
    let index = try KeyIndex(folder: folder.path, fingerprint: 7, segments: []) { _ in [] }
    try add(0, to: index)
    let path = try #require(index.snapshot.runs.first?.path)
    try Damage.short.happen(to: path)
    for name in 1..<14 { try add(name, to: index) }
    #expect(index.snapshot.runs.map(\.count).sorted() == [100, 1_300])
    #expect(index.current.failure != nil)
    index.remove([segment("0", rows: 100)])
    #expect(index.current.failure == nil && index.current.files == 1, "\(index.current)")
    // At the next start it is made anew.
    try add(14, to: index)
    let next = try #require(index.snapshot.runs.last?.path)
    index.close()
    try Damage.short.happen(to: next)
    let again = try KeyIndex(
      folder: folder.path, fingerprint: 7, segments: (1..<15).map { segment("\($0)", rows: 100) }
    ) { segment in
      #expect(segment.path == "events/14")
      return (14_000..<14_100).map { EventKey(hash: Self.hash($0), check: 0) }
    }
    again.finishMerging()
    for name in 1..<15 { #expect(try found(again, 1_000 * name + 7) == ["events/\(name)"]) }
  }

  @Test func `Where nothing can be written it is tried again, and told until nothing has to be`()
    throws
  {
    let index = try KeyIndex(folder: folder.path, fingerprint: 7, segments: []) { _ in [] }
    let segments = (0..<3).map { segment("\($0)", rows: 10) }
    let entries = (0..<30).map { KeyRun.Entry(hash: Self.hash($0), part: UInt32($0 / 10)) }
    try index.add(entries, of: segments)
    let scratch = folder.path + "/scratch"
    try FileManager.default.removeItem(atPath: scratch)
    index.remove(Array(segments[..<2]))
    index.finishMerging()
    #expect(index.current.failure != nil && index.snapshot.runs.map(\.count) == [30])
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    for name in 5..<7 { try add(name, to: index) }
    #expect(index.current.failure == nil, "\(index.current)")
    #expect(index.snapshot.runs.map(\.count).sorted() == [10, 100, 100])
    #expect(try found(index, 25) == ["events/2"] && found(index, 5).isEmpty)
  }

  @Test func `What was merged and not removed is removed at the start`() throws {
    let segments = (0..<2).map { segment("\($0)", rows: 10) }
    let index = try KeyIndex(folder: folder.path, fingerprint: 7, segments: []) { _ in [] }
    let entries = (0..<20).map { KeyRun.Entry(hash: Self.hash($0), part: UInt32($0 / 10)) }
    try index.add(entries, of: segments)
    try index.add(
      entries[..<10].map { KeyRun.Entry(hash: $0.hash, part: 0) }, of: [segments[0]])
    index.close()
    try Data("partial".utf8).write(to: URL(fileURLWithPath: folder.path + "/index/x.keys"))
    let again = try KeyIndex(folder: folder.path, fingerprint: 7, segments: segments) { _ in [] }
    #expect(try found(again, 3) == ["events/0"] && found(again, 13) == ["events/1"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/index").count == 1)
    // Hashes of another secret tell nothing: all is read again.
    let read = try KeyIndex(folder: folder.path, fingerprint: 8, segments: segments) { segment in
      [EventKey(hash: Self.hash(segment == segments[0] ? 100 : 200), check: 0)]
    }
    #expect(try found(read, 200) == ["events/1"] && found(read, 3).isEmpty)
  }

  @Test func `Many of one hash are all found`() throws {
    let segments = (0..<300).map { segment("\($0)", rows: 1) }
    let index = try KeyIndex(folder: folder.path, fingerprint: 7, segments: []) { _ in [] }
    let entries = segments.indices.map { KeyRun.Entry(hash: 5, part: UInt32($0)) }
    let others = [UInt64.min, .max, 4, 6].map { KeyRun.Entry(hash: $0, part: 0) }
    try index.add(entries + others, of: segments)
    let found = try index.snapshot.segments(having: 5, of: "m", .predictions)
    #expect(Set(found.map(\.path)) == Set(segments.map(\.path)))
    for hash in [UInt64.min, .max, 4, 6] {
      #expect(try index.snapshot.segments(having: hash, of: "m", .predictions).count == 1)
    }
    #expect(try index.snapshot.segments(having: 5, of: "m", .labels).isEmpty)
    #expect(try index.snapshot.segments(having: 7, of: "m", .predictions).isEmpty)
  }
}
