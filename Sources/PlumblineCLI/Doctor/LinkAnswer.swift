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
          let hasMoved = WebAddress.peer(of: place) != WebAddress.peer(of: url) || place != url
          self =
            hasMoved && (200...299).contains(answer.status) && Self.isLogin(place)
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
  static func isLogin(_ url: String) -> Bool {
    let address = (URLComponents(string: url)?.path ?? "").lowercased()
    let host = WebAddress.peer(of: url).lowercased()
    let words = ["login", "signin", "sign-in", "sign_in", "oauth", "saml", "sso", "authorize"]
    return words.contains { address.contains($0) }
      || ["login.", "sso.", "auth.", "accounts.", "idp."].contains { host.hasPrefix($0) }
  }
}
