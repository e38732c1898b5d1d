import DataSources
import Events
import Monitoring
import Support

extension TemporaryFolder {
  /// Opens the log of events in this folder, at a time in May 2024.
  func openLog(_ change: (inout EventLog.Options) -> Void = { _ in }) throws -> EventLog {
    var options = EventLog.Options()
    options.futureDays = 30
    change(&options)
    return try EventLog(folder: path + "/data", options: options) {
      Instant(microseconds: 1_714_557_600_000_000)
    }
  }
}
