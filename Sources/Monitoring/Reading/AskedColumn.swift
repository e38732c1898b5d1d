import Columns
import DataSources

/// What an option asks of a relation's rows, so that where a query over many columns fails the one at
/// fault can be named.
struct AskedColumn: Sendable {
  enum Content: Sendable {
    /// A column that is to be numbers.
    case numbers(column: String, type: String)
    /// An SQL expression as it was written.
    case expression(String)
  }

  let option: String
  let content: Content
  /// What is selected for it.
  let sql: String
}

extension Relation {
  /// An engine's refusal, put down to the option whose column or expression cannot be read as asked; the
  /// same error where the rows themselves cannot be read.
  func explained(
    _ error: DataSourceError, asking: [AskedColumn], over connection: Connection
  ) -> any Error {
    switch error {
    case .unreadable, .queryFailed: break
    default: return error
    }
    for asked in asking {
      guard let reason = refusal(of: asked.sql, over: connection) else { continue }
      switch asked.content {
      case .numbers(let column, let type):
        // A column that cannot be read as it is stands in a damaged file.
        guard refusal(of: dialect.identifier(column), over: connection) == nil else { return error }
        return MonitoringError.notNumbers(
          option: asked.option, column: column, source: name, type: type, reason: reason)
      case .expression(let expression):
        guard refusal(of: "*", over: connection) == nil else { return error }
        return MonitoringError.expressionFails(
          option: asked.option, expression: expression, source: name, reason: reason)
      }
    }
    return error
  }

  /// Why an expression cannot be computed for every row; nil where it can.
  private func refusal(of expression: String, over connection: Connection) -> String? {
    do throws(DataSourceError) {
      let stream = try run(select([expression]), over: connection)
      while try stream.next() != nil {}
      return nil
    } catch {
      switch error {
      case .unreadable(_, let reason), .queryFailed(_, let reason): return reason
      default: return error.what
      }
    }
  }
}
