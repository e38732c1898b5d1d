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

  /// The endings of files of this format in a folder.
  var endings: [String] {
    switch self {
    case .parquet: [".parquet", ".pq"]
    case .csv: [".csv", ".csv.gz"]
    case .tsv: [".tsv", ".tsv.gz"]
    case .ndjson: [".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz"]
    }
  }

  /// A table function of DuckDB that reads `pattern`.
  ///
  /// Types of text formats are settled from the whole file, so that a late row cannot contradict
  /// them. The first line of CSV is its header; a row that does not fit it is an error, never a row
  /// lost or a header reinterpreted.
  ///
  /// - Parameter separator: of CSV.
  func reader(_ pattern: String, many: Bool, separator: Character = ",") -> String {
    let path = Dialect.duckDB.literal(pattern)
    let union = many ? ", union_by_name=true, hive_partitioning=true" : ""
    func separated(by separator: String) -> String {
      "read_csv(\(path), delim='\(separator)', quote='\"', escape='\"', header=true, skip=0, "
        + "sample_size=-1, strict_mode=true, null_padding=false\(union))"
    }
    return switch self {
    case .parquet: "read_parquet(\(path)\(union))"
    case .csv: separated(by: String(separator))
    case .tsv: separated(by: "\\t")
    case .ndjson:
      "read_json(\(path), format='newline_delimited', sample_size=-1, maximum_depth=2\(union))"
    }
  }

  /// The separator of a CSV file, and how many there are in its header: of comma, semicolon, tab and
  /// bar the one the header has most of, quoted names aside. Comma where it has none, or where the
  /// file is compressed.
  private static func separator(ofFile path: String) -> (character: Character, count: Int) {
    guard let file = FileHandle(forReadingAtPath: path),
      let start = try? file.read(upToCount: 65_536)
    else { return (",", 0) }
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
    let most = candidates.map { ($0, counts[$0.asciiValue ?? 0] ?? 0) }
      .reduce((",", 0)) { $1.1 > $0.1 ? $1 : $0 }
    return path.hasSuffix(".gz") || path.hasSuffix(".zst") ? (",", 0) : most
  }

  /// A query that reads a CSV file as texts in as many columns as its header has, and so fails at the
  /// very line that does not fit, where finding out types only fails; nil for other files.
  static func diagnosis(ofFile path: String) -> String? {
    guard FileFormat(path: path) == .csv, !isPattern(path) else { return nil }
    let (separator, count) = separator(ofFile: path)
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
      return format.reader(path, many: true)
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw .fileNotFound(path: path)
    }
    if isFolder.boolValue { return try reader(folder: path) }
    guard let format = FileFormat(path: path) else { throw .unknownFormat(path: path) }
    let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    if size == 0 { throw .emptyFile(path: path) }
    return format.reader(
      escapingPattern(path), many: false,
      separator: format == .csv ? separator(ofFile: path).character : ",")
  }

  /// A folder is read as the first format of which it has files, partitions included.
  private static func reader(folder: String) throws(DataSourceError) -> String {
    var found: (format: FileFormat, ending: String)?
    let files = FileManager.default.enumerator(atPath: folder)
    while let file = files?.nextObject() as? String {
      let hidden = file.split(separator: "/").contains { $0.hasPrefix(".") || $0.hasPrefix("_") }
      guard !hidden, let format = FileFormat(path: file) else { continue }
      let ending = format.endings.first { file.lowercased().hasSuffix($0) }
      guard let ending else { continue }
      if let known = found {
        let order = FileFormat.allCases
        guard let new = order.firstIndex(of: format), let old = order.firstIndex(of: known.format),
          new < old
        else { continue }
      }
      found = (format, ending)
    }
    guard let found else { throw .nothingMatches(pattern: folder + "/**") }
    let base = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    return found.format.reader("\(escapingPattern(base))/**/*\(found.ending)", many: true)
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
