import DataSources
import Events
import Foundation
import Hummingbird
import Monitoring
import NIOCore
import Telemetry

/// Reads bodies of events within the service's limits.
struct BodyReader {
  let state: ServiceState

  /// Writes the body to a file as it comes.
  func write(_ request: Request, to path: String) async throws {
    try request.requirePlainBody()
    let limit = state.configuration.fileLimit
    let said = request.headers[.contentLength].flatMap { Int($0) }
    if let said, said > limit { throw Self.tooLarge(limit, "file_bytes") }
    do {
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw CocoaError(.fileWriteUnknown)
      }
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      // A write that failed was told already, and what was written is read again.
      defer { try? file.close() }
      var size = 0
      let pace = BodyPace()
      for try await part in request.body {
        size += part.readableBytes
        try pace.check(size)
        guard size <= limit else { throw Self.tooLarge(limit, "file_bytes") }
        try file.write(contentsOf: Data(part.readableBytesView))
      }
    } catch let error as CocoaError {
      throw EventError.notKept(reason: SystemReason.text(error))
    }
  }

  /// Reads the body, while there is room for it.
  func withBody<Result>(
    _ request: Request, _ use: (ByteBuffer) async throws -> Result
  ) async throws -> Result {
    try request.requirePlainBody()
    let limit = state.configuration.bodyLimit
    let said = request.headers[.contentLength].flatMap { Int($0) }
    if let said, said > limit { throw Self.tooLarge(limit, "body_bytes") }
    // Room is taken as bytes come, so that who sends slowly holds no more than was sent.
    var (body, reserved) = (ByteBuffer(), 0)
    defer { state.giveBack(reserved) }
    let pace = BodyPace()
    for try await part in request.body {
      let size = part.readableBytes
      try pace.check(body.readableBytes + size)
      guard body.readableBytes + size <= limit else { throw Self.tooLarge(limit, "body_bytes") }
      guard state.reserve(size) else {
        state.metrics.refusedBodies.with("overloaded").increment()
        throw Problem(
          .tooManyRequests, "overloaded", "more bodies are coming in than there is room for",
          mend: "send the same batch again after a while", retryAfter: 1)
      }
      reserved += size
      body.writeImmutableBuffer(part)
    }
    return try await use(body)
  }

  private static func tooLarge(_ limit: Int, _ key: String) -> Problem {
    Problem(
      .contentTooLarge, "body_too_large", "the body is larger than \(limit) bytes",
      mend: "send it in smaller batches, or raise service.limits.\(key)")
  }
}

/// How slowly a body may come: who sends a byte now and then is never idle, and would hold what is
/// reserved for the body without end.
struct BodyPace {
  /// Seconds any body may take.
  static let grace = 10.0
  /// Bytes that have to come in each second beyond.
  static let rate = 16_384.0

  private let begun = ContinuousClock.now

  /// Whether some bytes may have taken some seconds.
  static func allows(_ bytes: Int, in seconds: Double) -> Bool {
    seconds <= grace + Double(bytes) / rate
  }

  func check(_ bytes: Int) throws {
    let taken = (ContinuousClock.now - begun) / .seconds(1)
    guard !Self.allows(bytes, in: taken) else { return }
    throw Problem(
      .requestTimeout, "body_too_slow",
      "the body comes more slowly than \(Int(Self.rate)) bytes a second",
      mend: "send the same batch again, over a faster connection or in smaller parts")
  }
}

extension Request {
  /// Refuses bodies that are said to be compressed.
  func requirePlainBody() throws {
    let codings = headers[values: .contentEncoding].joined(separator: ", ")
    guard !codings.isEmpty, codings.lowercased() != "identity" else { return }
    var problem = Problem(
      .unsupportedMediaType, "unsupported_content_encoding",
      "bodies come as they are, not with Content-Encoding `\(codings)`",
      mend: "send the body uncompressed, without Content-Encoding")
    problem.headers[.acceptEncoding] = "identity"
    throw problem
  }

  /// Refuses bodies that are said to be something else than JSON.
  func requireJSON() throws {
    try requirePlainBody()
    guard let mediaType, mediaType != "application/json" else { return }
    throw Problem(
      .unsupportedMediaType, "unsupported_media_type", "the body has to be application/json",
      mend: "set Content-Type to application/json")
  }

  /// What the body is, without parameters; nil where that is not said.
  var mediaType: String? {
    headers[.contentType].flatMap { header in
      header.split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() }
    }
  }
}
