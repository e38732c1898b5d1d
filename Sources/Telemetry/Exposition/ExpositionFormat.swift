/// How metrics are written.
public enum ExpositionFormat: Sendable, CaseIterable {
  /// Prometheus' text format, version 0.0.4.
  case text
  /// OpenMetrics 1.0.
  case openMetrics

  /// The value of `Content-Type`.
  public var contentType: String {
    switch self {
    case .text: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  /// The format a client prefers.
  ///
  /// - Parameter accept: the value of `Accept`; nil where there is none. OpenMetrics is written only
  ///   where it is asked for by name and nothing else is preferred.
  public init(accept: String?) {
    var best = (format: ExpositionFormat.text, quality: 0.0)
    for part in (accept ?? "").split(separator: ",") {
      let fields = part.split(separator: ";").map { field in
        field.filter { $0 != " " && $0 != "\t" }.lowercased()
      }
      let quality =
        fields.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
      let versions = fields.dropFirst().filter { $0.hasPrefix("version=") }
      let format: ExpositionFormat
      switch fields.first {
      case "application/openmetrics-text":
        guard versions.allSatisfy({ ["version=1.0.0", "version=0.0.1"].contains($0) }) else {
          continue
        }
        format = .openMetrics
      case "text/plain", "text/*", "*/*": format = .text
      default: continue
      }
      if quality > best.quality { best = (format, quality) }
    }
    self = best.format
  }
}
