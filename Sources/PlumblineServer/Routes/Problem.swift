import DataSources
import Events
import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

/// What went wrong with a request, as RFC 9457 has it.
struct Problem: HTTPResponseError {
  var status: HTTPResponse.Status
  /// A word a program can tell problems apart by.
  var code: String
  var detail: String
  /// What the client can do.
  var mend: String
  /// Seconds after which to try again.
  var retryAfter: Int?
  var headers: HTTPFields = [:]

  init(
    _ status: HTTPResponse.Status, _ code: String, _ detail: String, mend: String,
    retryAfter: Int? = nil
  ) {
    self.status = status
    self.code = code
    self.detail = detail
    self.mend = mend
    self.retryAfter = retryAfter
  }

  private struct Body: Encodable {
    let type: String
    let title: String
    let status: Int
    let detail: String
    let code: String
    let mend: String
  }

  func response(from request: Request, context: some RequestContext) throws -> Response {
    let body = Body(
      type: "about:blank", title: status.reasonPhrase, status: status.code, detail: detail,
      code: code, mend: mend)
    var headers = headers
    headers[.contentType] = "application/problem+json"
    if let retryAfter { headers[.retryAfter] = String(retryAfter) }
    let bytes = try JSONText.encode(body)
    return Response(status: status, headers: headers, body: .init(byteBuffer: bytes))
  }
}

extension Problem {
  /// What an error of the log means to who sent the events.
  init(_ error: EventError) {
    let status: HTTPResponse.Status
    var retryAfter: Int?
    switch error {
    case .unreadable, .unreadableFile, .unreadablePayload: status = .badRequest
    case .invalidModel: status = .notFound
    case .tooLarge: status = .contentTooLarge
    case .tooManyModels: status = .forbidden
    case .overloaded: (status, retryAfter) = (.tooManyRequests, 1)
    case .stopped: (status, retryAfter) = (.serviceUnavailable, 5)
    case .notKept:
      (status, retryAfter) = (
        HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"), 10
      )
    // It stays so until somebody does something about it.
    case .damaged: status = .internalServerError
    case .locked, .unusable, .noEngine: (status, retryAfter) = (.serviceUnavailable, 10)
    }
    self.init(status, error.code, error.whatForOthers, mend: error.mend, retryAfter: retryAfter)
  }

  static let notFound = Problem(
    .notFound, "not_found", "there is nothing at this address", mend: "see /openapi.json")
}

/// JSON answers: keys in one order, so that the same answer has the same bytes.
enum JSONText {
  static func encode(_ value: some Encodable) throws -> ByteBuffer {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return ByteBuffer(bytes: try encoder.encode(value))
  }

  static func response(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws
    -> Response
  {
    Response(
      status: status, headers: [.contentType: "application/json"],
      body: .init(byteBuffer: try encode(value)))
  }
}

/// Turns every error into a problem, and says nothing of those that are the service's own.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
  let document: OpenAPIDocument

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let problem as Problem {
      return try problem.response(from: request, context: context)
    } catch let error as EventError {
      let problem = Problem(error)
      if problem.detail != error.what {
        context.logger.error("a request failed", metadata: ["error": "\(error.what)"])
      }
      return try problem.response(from: request, context: context)
    } catch let error as HTTPError {
      return try problem(error, request).response(from: request, context: context)
    } catch  where Self.isOfTheConnection(error) {
      // Nobody is there any more to be answered.
      context.logger.debug("a client went away", metadata: ["error": "\(error)"])
      return try Problem(
        .badRequest, "incomplete", "the body ended before it was whole",
        mend: "send the same request again"
      ).response(from: request, context: context)
    } catch is CancellationError {
      // The service stops, and waits no longer for a body that does not come.
      context.logger.debug("a request was given up by the stop")
      return try Problem(
        .serviceUnavailable, "stopping", "the service stops", mend: "send the same request again",
        retryAfter: 10
      ).response(from: request, context: context)
    } catch {
      context.logger.error("a request failed", metadata: ["error": "\(error)"])
      return try Problem(
        .internalServerError, "internal", "the request could not be handled",
        mend: "see the service's log"
      ).response(from: request, context: context)
    }
  }

  /// Whether a request failed because who sent it hung up.
  static func isOfTheConnection(_ error: any Error) -> Bool {
    switch error {
    case ChannelError.inputClosed, ChannelError.ioOnClosedChannel, ChannelError.eof,
      ChannelError.alreadyClosed, HTTPParserError.invalidEOFState, is IOError:
      true
    default: false
    }
  }

  private func problem(_ error: HTTPError, _ request: Request) -> Problem {
    switch error.status {
    case .notFound:
      let methods = document.methods(at: request.uri.path)
      guard !methods.isEmpty, !methods.contains(request.method.rawValue) else { return .notFound }
      var problem = Problem(
        .methodNotAllowed, "method_not_allowed", "this is not done here",
        mend: "use \(methods.joined(separator: " or "))")
      problem.headers[.allow] = methods.joined(separator: ", ")
      return problem
    case .contentTooLarge:
      return Problem(
        .contentTooLarge, "body_too_large", "the body is larger than the service takes",
        mend: "send it in smaller batches, or raise service.limits.body_bytes")
    default:
      return Problem(
        error.status, "request_refused", error.body ?? error.status.reasonPhrase,
        mend: "see /openapi.json")
    }
  }
}
