import DataSources
import Foundation

/// A folder that is gone when the test is through, and files in it.
public final class TemporaryFolder: Sendable {
  public let path: String

  public init() throws {
    path = NSTemporaryDirectory() + "plumbline-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Writes a file and gives its path.
  public func write(_ name: String, _ text: String) throws -> String {
    let file = path + "/" + name
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    return file
  }

  /// Writes the rows of a query of the embedded engine as a file of the format its ending says.
  public func write(_ name: String, rowsOf query: String) throws -> String {
    let file = path + "/" + name
    let format =
      switch (name as NSString).pathExtension {
      case "csv": "csv, header"
      case "tsv": "csv, header, delimiter '\\t'"
      case "ndjson", "jsonl": "json"
      default: "parquet"
      }
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    let connection = try SourceOpener(threads: 1).embedded().connect()
    try connection.execute("COPY (\(query)) TO '\(file)' (FORMAT \(format))")
    return file
  }
}
