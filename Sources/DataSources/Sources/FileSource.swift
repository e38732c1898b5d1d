import Foundation

/// Files as the embedded engine reads them.
enum FileFormat: String, CaseIterable {
  case parquet, csv, tsv, ndjson

  /// The format a path's ending names, compressed or not; nil for any other ending.
  init?(path: String) {
    var name = URL(fileURLWithPath: path).lastPathComponent.lowercased()
    for suffix in [".gz", ".zst"] where name.hasSuffix(suffix) {
      name.removeLast(suffix.count)
    }
    switch name.split(separator: ".", omittingEmptySubsequences: false).last {
    case "parquet", "pq": self = .parquet
    case "csv": self = .csv
    case "tsv", "tab": self = .tsv
    case "ndjson", "jsonl": self = .ndjson
    default: return nil
    }
  }

  /// A table function of DuckDB that reads `pattern`.
  ///
  /// Types of text formats are settled from the whole file, so that a late row cannot contradict
  /// them. The first line of CSV is its header; a row that does not fit it is an error, never a row
  /// lost or a header reinterpreted.
  ///
  /// - Parameters:
  ///   - patterns: paths or patterns of files.
  ///   - many: whether they may be several, partitioned by their folders' names.
  ///   - separator: of CSV; nil to have it found out, where a file is compressed.
  func reader(_ patterns: [String], many: Bool, separator: Character? = ",") -> String {
    let literals = patterns.map(Dialect.duckDB.literal)
    let path = literals.count == 1 ? literals[0] : "[\(literals.joined(separator: ", "))]"
    let union = many ? ", union_by_name=true, hive_partitioning=true" : ""
    func separated(by separator: String?) -> String {
      "read_csv(\(path)\(separator.map { ", delim='\($0)'" } ?? ""), quote='\"', escape='\"', header=true, skip=0, "
        + "sample_size=-1, strict_mode=true, null_padding=false\(union))"
    }
    return switch self {
    case .parquet: "read_parquet(\(path)\(union))"
    case .csv: separated(by: separator.map { String($0) })
    case .tsv: separated(by: "\\t")
    case .ndjson:
      "read_json(\(path), format='newline_delimited', sample_size=-1, maximum_depth=2\(union))"
    }
  }

  /// The separator of a CSV file, and how many there are in its header: of comma, semicolon, tab and
  /// bar the one the header has most of, quoted names aside. Comma where it has none; nil where the
  /// file is compressed.
  private static func separator(ofFile path: String) -> (character: Character, count: Int)? {
    guard !path.hasSuffix(".gz"), !path.hasSuffix(".zst") else { return nil }
    // A file that cannot be read is the engine's to complain of, which will try next.
    guard let file = FileHandle(forReadingAtPath: path),
      let start = try? file.read(upToCount: 65_536)
    else { return (",", 0) }
    // Of a file that was only read nothing is lost, however it closes.
    try? file.close()
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for byte in start {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      guard !isQuoted else { continue }
      if byte == UInt8(ascii: "\n") { break }
      counts[byte, default: 0] += 1
    }
    let candidates: [Character] = [",", ";", "\t", "|"]
    return candidates.map { ($0, counts[$0.asciiValue ?? 0] ?? 0) }
      .reduce((",", 0)) { $1.1 > $0.1 ? $1 : $0 }
  }

  /// A query that reads a CSV file as texts in as many columns as its header has, and so fails at the
  /// very line that does not fit, where finding out types only fails; nil for other files.
  static func diagnosis(ofFile path: String) -> String? {
    guard FileFormat(path: path) == .csv, !isPattern(path),
      let (separator, count) = separator(ofFile: path)
    else { return nil }
    let columns = (0...count).map { "'\($0)': 'VARCHAR'" }.joined(separator: ", ")
    return "SELECT count(*) FROM read_csv(\(Dialect.duckDB.literal(escapingPattern(path))), "
      + "auto_detect=false, delim='\(separator)', quote='\"', escape='\"', header=true, skip=0, "
      + "strict_mode=true, null_padding=false, columns={\(columns)})"
  }

  /// Whether `path` stands for several files; one that exists under that very name does not.
  static func isPattern(_ path: String) -> Bool {
    path.contains { "*?[".contains($0) } && !FileManager.default.fileExists(atPath: path)
  }

  /// The table function for what `path` names: a file, a pattern or a folder of files.
  static func reader(path: String) throws(DataSourceError) -> String {
    if isPattern(path) {
      guard let format = FileFormat(path: path) else { throw .unknownFormat(path: path) }
      let files = matches(of: path)
      return format.reader([path], many: true, separator: format.separator(of: files))
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw .fileNotFound(path: path)
    }
    if isFolder.boolValue { return try reader(folder: path) }
    guard let format = FileFormat(path: path) else { throw .unknownFormat(path: path) }
    // Likewise one whose size cannot be told.
    let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    if size == 0 { throw .emptyFile(path: path) }
    return format.reader(
      [escapingPattern(path)], many: false, separator: format.separator(of: [path]))
  }

  /// A folder is read whole, partitions included; what is hidden, or begins with an underscore as other
  /// programs' own files do, is left out. One with files of several formats is refused: which of them are
  /// meant is not for us to guess.
  private static func reader(folder: String) throws(DataSourceError) -> String {
    let base = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    var files: [FileFormat: [String]] = [:]
    let all = FileManager.default.enumerator(atPath: folder)
    while let file = all?.nextObject() as? String {
      let isHidden = file.split(separator: "/").contains { $0.hasPrefix(".") || $0.hasPrefix("_") }
      guard !isHidden, let format = FileFormat(path: file) else { continue }
      files[format, default: []].append("\(base)/\(file)")
    }
    if files.count > 1 {
      throw .severalFormats(
        folder: base,
        formats: allCases.compactMap { format in
          files[format].map { "\($0.count) \(format.rawValue)" }
        })
    }
    guard let format = allCases.first(where: { files[$0] != nil }), let found = files[format] else {
      throw .emptyFolder(path: folder)
    }
    let paths = found.sorted()
    return format.reader(
      paths.map(escapingPattern), many: true, separator: format.separator(of: paths))
  }

  /// The separator of files of this format, as the first one has it.
  private func separator(of files: [String]) -> Character? {
    guard self == .csv, let first = files.first else { return "," }
    return Self.separator(ofFile: first)?.character
  }

  /// Files that a pattern in their folder's last part matches; none where other parts are patterns.
  private static func matches(of pattern: String) -> [String] {
    // Foundation's parts of paths end the process where a path is one character long.
    let nameStart = pattern.utf8.lastIndex(of: UInt8(ascii: "/")).map(pattern.utf8.index(after:))
    let folder = nameStart.map { String(pattern[..<$0]) } ?? ""
    let name = nameStart.map { String(pattern[$0...]) } ?? pattern
    // A folder that cannot be listed has no matches, which the engine is told to find, and says so.
    let files =
      (try? FileManager.default.contentsOfDirectory(
        atPath: folder.isEmpty ? "." : folder)) ?? []
    return files.filter { fnmatch(name, $0, 0) == 0 }.sorted().map { folder + $0 }
  }

  /// A path that exists is taken literally, even where it holds characters of a pattern.
  private static func escapingPattern(_ path: String) -> String {
    var escaped = ""
    for character in path {
      escaped += "*?[".contains(character) ? "[\(character)]" : String(character)
    }
    return escaped
  }
}

extension SourceOpener {
  /// Whether a file of a folder is read with it, by its ending.
  public static func isData(_ path: String) -> Bool { FileFormat(path: path) != nil }
}
