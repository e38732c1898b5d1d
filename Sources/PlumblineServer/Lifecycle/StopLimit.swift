import Dispatch
import Foundation
import Logging
import ServiceLifecycle

/// Ends the process where a stop takes longer than it may, whatever hangs.
///
/// What was answered is on the disk by then, so that nothing that was accepted is lost. The last service
/// of the group, which is the first to be told of a stop.
struct StopLimit: Service {
  /// Of the time a stop may take, what checks may still run for, and when everything is cancelled: what
  /// comes after has to be done in time too.
  static let shareForChecks = 0.6
  static let shareForServices = 0.8

  let seconds: Int
  let logger: Logger
  /// As other failures of the command line.
  static let exitCode: Int32 = 2

  func run() async throws {
    // It throws where the group is cancelled without a stop: then there is nothing to limit.
    try? await gracefulShutdown()
    guard Task.isShuttingDownGracefully else { return }
    // A thread of its own, which is there even where all others hang.
    Thread.detachNewThread { [seconds, logger] in
      Thread.sleep(forTimeInterval: Double(seconds))
      logger.critical("the stop took longer than stop_seconds: the process is ended")
      _exit(Self.exitCode)
    }
  }
}
