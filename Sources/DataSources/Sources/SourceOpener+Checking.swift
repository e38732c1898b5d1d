import Foundation

extension SourceOpener {
  /// Looks whether a source could be opened on this machine: its driver can be loaded, its files are
  /// there. No database is connected to and no row read.
  ///
  /// - Parameters:
  ///   - source: as in ``open(_:sql:option:)``.
  ///   - hasQuery: whether a query is given, without which a database cannot be read.
  ///   - option: what gives the query, for the message where there is none.
  /// - Throws: ``DataSourceError`` for what is lacking.
  public func check(
    _ source: String, hasQuery: Bool, option: String
  ) throws(DataSourceError) {
    if isConnection(source) {
      guard hasQuery else { throw .queryNeeded(source: source, option: option) }
      return
    }
    if let separator = source.range(of: "://") {
      try checkDriver(
        String(source[..<separator.lowerBound]), of: Self.redacted(source))
      guard hasQuery else {
        throw .queryNeeded(source: Self.redacted(source), option: option)
      }
      return
    }
    try checkStandardInput(source)
    _ = try FileFormat.reader(path: source)
    if FileFormat.isPattern(source) { try checkMatches(source) }
  }
}
