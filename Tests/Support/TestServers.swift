import Foundation

/// Servers that Scripts/test starts.
public enum TestServers {
  /// The address of a PostgreSQL server; nil where none was started.
  public static let postgreSQL = ProcessInfo.processInfo.environment["PLUMBLINE_TEST_POSTGRESQL"]
}
