import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension MetricRegistry {
  /// Adds what every Prometheus client tells of its process: CPU time, memory, open files and start,
  /// where the system has `/proc`.
  public func addProcessMetrics() throws(MetricError) {
    let cpu = try counter("process_cpu_seconds_total", help: "User and system CPU time spent.")
    let resident = try gauge(
      "process_resident_memory_bytes", help: "Resident memory size in bytes.")
    let virtual = try gauge("process_virtual_memory_bytes", help: "Virtual memory size in bytes.")
    let files = try gauge("process_open_fds", help: "Number of open file descriptors.")
    let start = try gauge(
      "process_start_time_seconds", help: "Start time of the process since unix epoch in seconds.")
    let counting = Mutex(())
    beforeRendering {
      guard let process = ProcessFigures() else { return }
      // Two may ask at once: what is counted already is looked at and added to by one at a time.
      counting.withLock { _ in
        cpu.increment(by: max(0, process.cpuSeconds - cpu.with().value))
      }
      resident.set(process.residentBytes)
      virtual.set(process.virtualBytes)
      files.set(process.openFiles)
      start.set(process.startTime)
    }
  }
}

/// What `/proc` says of this process.
struct ProcessFigures {
  var cpuSeconds: Double
  var residentBytes: Double
  var virtualBytes: Double
  var openFiles: Double
  /// Seconds since 1970.
  var startTime: Double

  init?() {
    guard let status = Self.text("/proc/self/stat"), let nameEnd = status.lastIndex(of: ")"),
      let boot = Self.text("/proc/stat")?.split(separator: "\n")
        .first(where: { $0.hasPrefix("btime ") })?.split(separator: " ").last.flatMap({ Double($0) }
        )
    else { return nil }
    // The third field of proc(5) is the first behind the name.
    let fields = status[status.index(after: nameEnd)...].split(separator: " ")
    func field(_ number: Int) -> Double? {
      fields.indices.contains(number - 3) ? Double(fields[number - 3]) : nil
    }
    guard let user = field(14), let system = field(15), let started = field(22),
      let size = field(23), let pages = field(24)
    else { return nil }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    cpuSeconds = (user + system) / ticks
    virtualBytes = size
    residentBytes = pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    startTime = boot + started / ticks
    openFiles = Double(Self.entries("/proc/self/fd"))
  }

  private static func text(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  private static func entries(_ path: String) -> Int {
    guard let folder = opendir(path) else { return 0 }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    // Neither `.` nor `..` nor the folder itself.
    return max(0, count - 3)
  }
}
