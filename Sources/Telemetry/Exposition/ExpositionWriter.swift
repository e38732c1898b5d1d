/// A series' name and labels, as they are written.
public struct SeriesName: Sendable {
  let name: [UInt8]
  /// `a="x",b="y"`, escaped; empty without labels.
  let labels: [UInt8]

  init(_ name: String, _ labels: some Sequence<(String, String)>) {
    self.name = Array(name.utf8)
    var written: [UInt8] = []
    for (label, value) in labels {
      if !written.isEmpty { written.append(UInt8(ascii: ",")) }
      written.append(contentsOf: label.utf8)
      written.append(contentsOf: "=\"".utf8)
      ExpositionWriter.escape(value, quotes: true, into: &written)
      written.append(UInt8(ascii: "\""))
    }
    self.labels = written
  }
}

/// Writes samples in a format of ``ExpositionFormat``.
public struct ExpositionWriter {
  enum Suffix: String {
    case total = "_total"
    case bucket = "_bucket"
    case sum = "_sum"
    case count = "_count"
  }

  private let format: ExpositionFormat
  private var bytes: [UInt8] = []

  init(_ format: ExpositionFormat) {
    self.format = format
    bytes.reserveCapacity(1 << 16)
  }

  consuming func finish() -> [UInt8] {
    if format == .openMetrics { bytes.append(contentsOf: "# EOF\n".utf8) }
    return bytes
  }

  mutating func head(_ name: String, _ kind: MetricKind, _ help: String) {
    // OpenMetrics names a counter's family without what its sample ends in.
    let family =
      format == .openMetrics && kind == .counter ? String(name.dropLast("_total".count)) : name
    bytes.append(contentsOf: "# HELP \(family) ".utf8)
    Self.escape(help, quotes: format == .openMetrics, into: &bytes)
    bytes.append(contentsOf: "\n# TYPE \(family) \(kind.rawValue)\n".utf8)
  }

  mutating func sample(_ series: SeriesName, suffix: Suffix? = nil, _ value: Double) {
    // To OpenMetrics a sum only grows; one that cannot be is left out.
    if suffix == .sum, format == .openMetrics, !(value >= 0) { return }
    begin(series, suffix)
    if !series.labels.isEmpty { brace(series.labels) }
    bytes.append(UInt8(ascii: " "))
    append(value)
    bytes.append(UInt8(ascii: "\n"))
  }

  mutating func sample(_ series: SeriesName, suffix: Suffix, count: UInt64) {
    begin(series, suffix)
    if !series.labels.isEmpty { brace(series.labels) }
    bytes.append(UInt8(ascii: " "))
    append(count)
    bytes.append(UInt8(ascii: "\n"))
  }

  mutating func sample(
    _ series: SeriesName, suffix: Suffix, label: StaticString, _ bound: Double, count: UInt64
  ) {
    begin(series, suffix)
    bytes.append(UInt8(ascii: "{"))
    if !series.labels.isEmpty {
      bytes.append(contentsOf: series.labels)
      bytes.append(UInt8(ascii: ","))
    }
    label.withUTF8Buffer { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: "=\"".utf8)
    appendFraction(bound)
    bytes.append(contentsOf: "\"} ".utf8)
    append(count)
    bytes.append(UInt8(ascii: "\n"))
  }

  /// A counter's name has its suffix already.
  private mutating func begin(_ series: SeriesName, _ suffix: Suffix?) {
    bytes.append(contentsOf: series.name)
    if let suffix, suffix != .total { bytes.append(contentsOf: suffix.rawValue.utf8) }
  }

  private mutating func brace(_ labels: [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    bytes.append(contentsOf: labels)
    bytes.append(UInt8(ascii: "}"))
  }

  private mutating func append(_ count: UInt64) {
    if count < 10 {
      bytes.append(UInt8(ascii: "0") + UInt8(count))
    } else {
      bytes.append(contentsOf: String(count).utf8)
    }
  }

  private mutating func append(_ value: Double) {
    if value >= 0, value < 1e15, value == value.rounded(.down) {
      append(UInt64(value))
    } else {
      appendFraction(value)
    }
  }

  private mutating func appendFraction(_ value: Double) {
    if value.isNaN {
      bytes.append(contentsOf: "NaN".utf8)
    } else if value.isInfinite {
      bytes.append(contentsOf: (value > 0 ? "+Inf" : "-Inf").utf8)
    } else {
      bytes.append(contentsOf: value.description.utf8)
    }
  }

  static func escape(_ text: String, quotes: Bool, into bytes: inout [UInt8]) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
      case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
      case UInt8(ascii: "\"") where quotes: bytes.append(contentsOf: "\\\"".utf8)
      default: bytes.append(byte)
      }
    }
  }
}
