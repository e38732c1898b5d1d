import Foundation
import Monitoring
import Reporting

/// What was gathered of the installation means.
enum InstallationJudgement {
  static func configuration(_ mistakes: ConfigurationMistakes, path: String?) -> Finding {
    guard let path else { return .skipped("there is none: name it with --config") }
    guard mistakes.isEmpty else {
      return .failed(
        Finding.listed(mistakes.all.map { "\(path):\($0.line): \($0.text)" }),
        mend: "correct what is named; where a secret is missing, ask with the environment the "
          + "service has. Until then its section is looked at with what could be read")
    }
    return .ok(path)
  }

  static func ready(_ contact: ServiceContact) -> Finding {
    switch contact.ready {
    case .success: return .ok("\(contact.access?.peer ?? "it") is ready")
    case .failure(.notAsked(let why)): return .skipped(why)
    case .failure(let problem): return .failed(problem)
    }
  }

  static func missingFolder(_ folder: String, isRunning: Bool) -> Finding {
    isRunning
      ? .failed(
        "\(folder) is not there, though the service runs",
        mend: "a relative path is one of where the service was started: name it with --data-folder")
      : .unknown("\(folder) is not there yet", mend: "start the service once")
  }

  private static let gigabyte = 1_073_741_824.0

  /// - Parameters:
  ///   - free: bytes that can be written.
  ///   - total: of the disk.
  ///   - retention: bytes of events that are kept at most; nil for no limit.
  ///   - used: bytes of the events there are.
  static func disk(free: Double, total: Double, retention: Double?, used: Double) -> Finding {
    let seen =
      "\(bytes(free)) of \(bytes(total)) are free; events take \(bytes(used))"
    let mend = "make room, or let events go earlier with service.retention"
    if free < gigabyte / 4 { return .failed(seen, mend: mend) }
    if free < gigabyte || free < total / 50 { return .warning(seen, mend: mend) }
    if let retention, retention - used > free {
      return .warning(
        "\(seen), and may come to \(bytes(retention))",
        mend: "set service.retention.bytes to what the disk has")
    }
    return .ok(seen)
  }

  static func bytes(_ count: Double) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var (value, unit) = (max(0, count), 0)
    while value >= 1_024, unit < units.count - 1 { (value, unit) = (value / 1_024, unit + 1) }
    let rounded = value < 10 && unit > 0 ? (value * 10).rounded() / 10 : value.rounded()
    return "\(NumberText.short(rounded)) \(units[unit])"
  }

  /// - Parameter others: by how many seconds other clocks are ahead of this one.
  static func clock(_ others: [(name: String, seconds: Double)]) -> Finding {
    let others = others.filter { $0.seconds.isFinite }
    guard !others.isEmpty else { return .unknown("nobody said what time it is") }
    let apart = others.map { name, seconds in
      let size = abs(seconds)
      // The service's answer has whole seconds.
      let text =
        size < 2
        ? "\(name) agrees"
        : "\(name) is \(NumberText.short(size.rounded())) s \(seconds > 0 ? "ahead" : "behind")"
      let mend = "keep the clocks of both machines with NTP: windows and delays are cut by them"
      return size > 60
        ? Finding.failed(text, mend: mend)
        : size > 5 ? .warning(text, mend: mend) : .ok(text)
    }
    return .worst(of: apart, fine: apart.map(\.seen).joined(separator: ", "))
  }
}

/// Numbers in sentences.
enum NumberText {
  /// Up to four significant digits, whole where it is.
  static func short(_ value: Double) -> String { NumberFormat("")?.write(value) ?? "\(value)" }

  /// A number of things: `1 rule`, `3 rules`.
  static func count(_ count: Int, _ thing: String) -> String {
    "\(count) \(thing)\(count == 1 ? "" : "s")"
  }

  static func percent(_ share: Double) -> String {
    NumberFormat(share != 0 && abs(share) < 0.01 ? ".2%" : ".0%")?.write(share) ?? "\(share)"
  }
}
