import Alerting
import DataSources
import Foundation
import Monitoring
import Reporting
import Store

/// Conditions a service has put in force in place of rules' own, for commands that go by what is in force.
enum ConditionsInForce {
  /// - Parameters:
  ///   - path: the service's history; nil where none is named.
  ///   - configuration: whose data folder is asked then, where the service has run there; nil for none.
  /// - Throws: ``FileError/unreadable(path:reason:)`` where a history that is named is not there.
  static func read(
    for rules: [AlertRule], from path: String?, else configuration: Configuration?
  ) throws -> [String: AlertCondition] {
    guard let file = path ?? configuration.map({ $0.service.dataFolder + "/history.db" }) else {
      return [:]
    }
    guard FileManager.default.fileExists(atPath: file) else {
      if path == nil { return [:] }
      throw FileError.unreadable(
        path: file, reason: "there is no such file: the service has not run there")
    }
    return try ThresholdLog(History(reading: file)).conditions(for: rules)
  }
}
