import DataSources
import GRDB

extension HistoryError {
  /// Why the file refuses, without the SQL that met it, which says nothing to who reads it.
  static func reason(_ error: any Error) -> String {
    guard let database = error as? DatabaseError else { return SystemReason.text(error) }
    return SystemReason.text(sqlite: database.resultCode.rawValue, message: database.message)
  }
}
