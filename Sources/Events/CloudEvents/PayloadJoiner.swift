import Foundation
public import Monitoring
import Synchronization

/// Joins requests and responses of payload loggers to events.
///
/// A request or response is on the disk when it is answered; the event of both is appended when the
/// second of them comes. What has waited too long becomes an event by itself: a request alone is of
/// a call that failed, where the model's responses are otherwise seen.
public final class PayloadJoiner: Sendable {
  /// What became of an event.
  public struct Taken: Sendable {
    /// The model of it.
    public var model: String
    /// What was appended; nil where it waits for its other half, or was known.
    public var events: EventLog.Ingested?
    public var isDuplicate = false
    /// Why neither is kept; nil where they are.
    public var refusal: String?
    /// Events that there would have been.
    public var refusedRows = 0
  }

  /// Events that waited and can never be kept.
  public struct Refused: Sendable {
    public var model: String
    public var rows: Int
    public var error: EventError
  }

  /// One half of an exchange, or that both are done with.
  enum Item: Sendable {
    case half(PayloadHalf)
    case done([PayloadHalf.Key])

    /// About how many bytes it takes.
    var size: Int {
      switch self {
      case .half(let half): half.rows.reduce(256) { $0 + JSONValue.object($1).size }
      case .done(let keys): 64 * keys.count
      }
    }
  }

  struct Outcome: Sendable {
    var isNew = false
    /// The other half, where that has come.
    var other: PayloadHalf?
  }

  private let log: EventLog
  private let writer: GroupWriter<Item, Outcome>
  /// Exchanges whose events are appended.
  private let done = Mutex<[PayloadHalf.Key]>([])

  public init(log: EventLog) {
    self.log = log
    writer = GroupWriter(label: "plumbline.payloads", limit: log.options.pendingBytes)
  }

  /// Takes one event in.
  ///
  /// - Parameters:
  ///   - model: whose it is, where that is not what the event says.
  ///   - names: for what has none.
  /// - Returns: once it is on the disk.
  public func take(
    _ event: CloudEvent, of model: String? = nil, names: PayloadNames, at now: Instant
  ) async throws(EventError) -> Taken {
    guard let model = model ?? event.model else {
      throw .unreadablePayload(reason: "it names no inference service")
    }
    guard EventLog.isModelName(model) else { throw .invalidModel(name: model) }
    // What could not be appended in the end is not to wait for it.
    try log.checkLimit(with: model)
    var half = PayloadHalf(
      key: .init(model: model, exchange: event.key), side: event.side,
      predictionID: event.predictionID, time: event.time, receivedAt: now,
      version: event.version, rows: [], refusal: nil)
    do {
      let data = try event.data.get()
      half.rows =
        event.side == .request
        ? try InferencePayload.request(data, names) : try InferencePayload.response(data, names)
    } catch {
      // Its request would else be taken for one that was never answered.
      guard event.side == .response, case .unreadablePayload(let reason) = error else {
        throw error
      }
      half.refusal = reason
    }
    let outcome = try await submit(.half(half))
    guard outcome.isNew else {
      return Taken(model: model, isDuplicate: half.refusal == nil, refusal: half.refusal)
    }
    guard let other = outcome.other else { return Taken(model: model, refusal: half.refusal) }
    if let refusal = Self.refusal(of: half, other) {
      return Taken(
        model: model, refusal: "\(refusal); the request and its response are refused together",
        refusedRows: max(half.rows.count, other.rows.count))
    }
    let events = try await append([Self.joined(half, other)], of: model)
    done.withLock { $0.append(half.key) }
    return Taken(model: model, events: events)
  }

  /// Why no events can be made of two halves; nil where they can.
  private static func refusal(of one: PayloadHalf, _ other: PayloadHalf) -> String? {
    if let refusal = one.refusal ?? other.refusal { return refusal }
    guard one.rows.count != other.rows.count else { return nil }
    // Which row of another number is whose cannot be told.
    return "the \(one.side.rawValue) has \(one.rows.count) rows and the \(other.side.rawValue) "
      + "\(other.rows.count)"
  }

  /// Appends what waited until a time without its other half, and what a process that ended had not
  /// got round to.
  ///
  /// - Parameters:
  ///   - refused: is given what cannot be kept however often it is tried, and waits no longer.
  ///   - each: is given what was appended, by model.
  public func flush(
    receivedBefore time: Instant, refused: (Refused) -> Void = { _ in },
    each: (String, EventLog.Ingested) -> Void
  ) async throws(EventError) {
    // Some at a time, so that no more than some bytes of them are in memory.
    while try await flushSome(receivedBefore: time, refused, each) {}
  }

  /// Says whether there was anything.
  private func flushSome(
    receivedBefore time: Instant, _ refused: (Refused) -> Void,
    _ each: (String, EventLog.Ingested) -> Void
  ) async throws(EventError) -> Bool {
    let known = Set(done.withLock { $0 })
    let waiting: [PayloadHalf]
    do {
      waiting = try log.journal.payloads(receivedBefore: time.microseconds)
        .filter { !known.contains($0.key) }
    } catch {
      throw .notKept(reason: EventError.reason(error))
    }
    let exchanges = Dictionary(grouping: waiting, by: \.key)
    var failure: EventError?
    for (model, exchanges) in Dictionary(grouping: exchanges, by: \.key.model) {
      let answers = log.types(of: model, .predictions)[EventColumnName.prediction] != nil
      var whole: [Exchange] = []
      var finished: [PayloadHalf.Key] = []
      for (key, halves) in exchanges.sorted(by: { $0.key.exchange < $1.key.exchange }) {
        if let rows = Self.events(of: halves, isAnswered: answers) {
          whole.append(Exchange(key: key, rows: rows))
        } else {
          finished.append(key)
        }
      }
      // One model whose events cannot be kept now keeps none of the others waiting.
      do throws(EventError) {
        try await append(whole, of: model, &finished, refused, each)
      } catch {
        failure = failure ?? error
      }
      guard !finished.isEmpty else { continue }
      // Also where others could not be kept: what was refused would be told again in each round.
      let keys = finished
      do throws(EventError) {
        _ = try await submit(.done(keys))
      } catch {
        done.withLock { $0 += keys }
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return !waiting.isEmpty
  }

  /// What becomes events together.
  private struct Exchange {
    var key: PayloadHalf.Key
    var rows: [InferencePayload.Row]
  }

  /// Appends exchanges, each by itself where they cannot be kept together.
  ///
  /// - Parameter finished: is given the keys of what was kept or refused, also where it throws.
  private func append(
    _ exchanges: [Exchange], of model: String, _ finished: inout [PayloadHalf.Key],
    _ refused: (Refused) -> Void, _ each: (String, EventLog.Ingested) -> Void
  ) async throws(EventError) {
    guard let first = exchanges.first else { return }
    do throws(EventError) {
      each(model, try await append(exchanges.map(\.rows), of: model))
      finished += exchanges.map(\.key)
    } catch {
      guard error.isOfTheEvent else { throw error }
      guard exchanges.count > 1 else {
        refused(Refused(model: model, rows: first.rows.count, error: error))
        finished.append(first.key)
        return
      }
      for exchange in exchanges {
        try await append([exchange], of: model, &finished, refused, each)
      }
    }
  }

  /// Takes nothing more, and returns when all that was taken is written.
  public func close() { writer.stop() }

  // MARK: Events

  /// The events of what is there of an exchange; nil where none can be made.
  private static func events(
    of halves: [PayloadHalf], isAnswered: Bool
  ) -> [InferencePayload.Row]? {
    guard let one = halves.first else { return nil }
    guard halves.count < 2 else {
      return refusal(of: one, halves[1]) == nil ? joined(one, halves[1]) : nil
    }
    guard one.refusal == nil else { return nil }
    return rows(one, more: isAnswered ? ["status": .text("error")] : [:])
  }

  /// The events of a request and its response, which have as many rows.
  private static func joined(_ one: PayloadHalf, _ other: PayloadHalf) -> [InferencePayload.Row] {
    let (request, response) = one.side == .request ? (one, other) : (other, one)
    var more: InferencePayload.Row = ["status": .text("success")]
    // When they came here tells nothing of how long the model took.
    if let asked = request.time, let answered = response.time {
      let micros = answered.microseconds.subtractingReportingOverflow(asked.microseconds)
      if !micros.overflow, micros.partialValue > 0 {
        more["latency_seconds"] = .number(Double(micros.partialValue) / 1e6)
      }
    }
    if let version = response.version ?? request.version { more["model_version"] = .text(version) }
    let both = zip(request.rows, response.rows).map { $0.merging($1) { $1 } }
    var whole = request
    whole.rows = both
    return rows(whole, more: more)
  }

  /// A half's rows as events: the exchange's id where there is one row, else numbered.
  private static func rows(
    _ half: PayloadHalf, more: InferencePayload.Row = [:]
  ) -> [InferencePayload.Row] {
    var more = more
    // Responses alone answered; what is said of a failure is of requests alone.
    if half.side == .response { more["status"] = nil }
    if more["model_version"] == nil, let version = half.version {
      more["model_version"] = .text(version)
    }
    return half.rows.enumerated().map { index, row in
      var event = more.merging(row) { $1 }
      let id = half.rows.count == 1 ? half.predictionID : "\(half.predictionID):\(index)"
      event["prediction_id"] = .text(id)
      event["timestamp"] = .text(half.eventTime.iso8601)
      return event
    }
  }

  private func append(
    _ exchanges: [[InferencePayload.Row]], of model: String
  ) async throws(EventError) -> EventLog.Ingested {
    var text: [UInt8] = []
    for row in exchanges.joined() {
      JSONValue.object(row).write(to: &text)
      text.append(UInt8(ascii: "\n"))
    }
    return try await log.append(text, .lines, to: model, .predictions)
  }

  // MARK: Writing

  private func submit(_ item: Item) async throws(EventError) -> Outcome {
    try await writer.submit(item, size: item.size) { group in self.write(group) }
  }

  private func write(_ group: [Item]) -> [Result<Outcome, EventError>] {
    let finished = done.withLock { done -> [PayloadHalf.Key] in
      let finished = done
      done = []
      return finished
    }
    do {
      return try log.journal.add(group, finished: finished).map { .success($0) }
    } catch {
      done.withLock { $0 += finished }
      return group.map { _ in .failure(.notKept(reason: EventError.reason(error))) }
    }
  }
}
