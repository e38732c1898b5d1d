import Foundation
public import Logging
public import Monitoring

/// Writes log lines to standard error, as text or as JSON.
public struct StreamLog: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var logLevel: Logger.Level
  private let label: String
  private let format: ServiceConfiguration.LogFormat
  private let now: @Sendable () -> Instant

  public init(
    label: String, level: ServiceConfiguration.LogLevel, format: ServiceConfiguration.LogFormat,
    now: @escaping @Sendable () -> Instant
  ) {
    self.label = label
    self.format = format
    self.now = now
    logLevel = Logger.Level(rawValue: level.rawValue) ?? .info
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let extra = event.metadata ?? [:]
    let all = metadata.merging(extra) { _, new in new }
      .map { ($0.key, "\($0.value)") }.sorted { $0.0 < $1.0 }
    let time = now().iso8601
    let line: String
    switch format {
    case .text:
      let pairs = all.map { " \($0.0)=\(Self.oneLine($0.1))" }.joined()
      line = "\(time) \(event.level.rawValue) \(Self.oneLine("\(event.message)"))\(pairs)\n"
    case .json:
      var members = [
        "time": time, "level": event.level.rawValue, "message": "\(event.message)", "logger": label,
      ]
      for (key, value) in all where members[key] == nil { members[key] = value }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      // Texts can always be written as JSON.
      line = String(decoding: (try? encoder.encode(members)) ?? Data(), as: UTF8.self) + "\n"
    }
    // A log that cannot be written has nowhere to say so.
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
  }

  /// Line ends and other controls would let a value pass for a line of its own.
  private static func oneLine(_ text: String) -> String {
    String(
      text.unicodeScalars.map { scalar -> Character in
        scalar.properties.generalCategory == .control ? " " : Character(scalar)
      })
  }
}
