import Foundation
import Outbound

/// What a link came to.
enum LinkAnswer: Equatable {
  case status(Int)
  /// It leads to a page to log in at, on this host.
  case login(String)
  case silent(String)

  init(_ status: Int) { self = .status(status) }

  /// As often as browsers are patient with, or nearly.
  static let mostRedirects = 10

  /// Asks for a page and goes where it leads to.
  init(of url: String, _ http: HTTPClient) {
    var http = http
    http.responseLimit = 4_096
    var place = url
    do throws(OutboundError) {
      for _ in 0...Self.mostRedirects {
        var answer = try http.send(HTTPRequest(method: "HEAD", url: place))
        // Not every server knows HEAD.
        if !(200...399).contains(answer.status) {
          answer = try http.send(HTTPRequest(method: "GET", url: place))
        }
        guard (300...399).contains(answer.status), let location = answer[header: "Location"],
          let next = Self.target(of: location, from: place)
        else {
          self =
            (200...299).contains(answer.status) && Self.isLogin(place, insteadOf: url)
            ? .login(WebAddress.peer(of: place)) : .status(answer.status)
          return
        }
        place = next
      }
      self = .silent("it is redirected more than \(Self.mostRedirects) times")
    } catch {
      self = .silent(error.what)
    }
  }

  /// Where a redirect leads to; nil where that is no address of HTTP.
  static func target(of location: String, from url: String) -> String? {
    guard let base = URL(string: url),
      let target = URL(string: location, relativeTo: base)?.absoluteURL,
      ["http", "https"].contains(target.scheme?.lowercased() ?? ""), target.host != nil
    else { return nil }
    return target.absoluteString
  }

  /// Whether an address looks like one to log in at: what is behind it was not seen then.
  ///
  /// - Parameters:
  ///   - place: where a link led to.
  ///   - url: the link. That only the scheme or a slash at the end is another is what servers do to every
  ///     address, and none to log in at.
  static func isLogin(_ place: String, insteadOf url: String) -> Bool {
    guard let target = URLComponents(string: place), let link = URLComponents(string: url),
      parts(target) != parts(link) || host(target) != host(link)
        || target.percentEncodedQuery != link.percentEncodedQuery
    else { return false }
    // Whole names only: `processor-lag` has an `sso` in it. What follows a dot says what serves the page.
    return parts(target).contains { words.contains(String($0.prefix { $0 != "." })) }
      || ["login.", "sso.", "auth.", "accounts.", "idp."].contains { host(target).hasPrefix($0) }
  }

  private static let words: Set<String> = [
    "login", "log-in", "log_in", "wp-login", "signin", "sign-in", "sign_in", "oauth", "oauth2",
    "saml",
    "saml2", "sso", "authorize",
  ]

  private static func parts(_ address: URLComponents) -> [Substring] {
    address.path.lowercased().split(separator: "/")
  }

  private static func host(_ address: URLComponents) -> String { (address.host ?? "").lowercased() }
}
