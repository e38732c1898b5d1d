import Hummingbird
import NIOCore

/// The page at `/`: what the API has, drawn in a browser, which asks for a token where one is needed.
struct DashboardRoutes<Context: RequestContext> {
  func add(to router: some RouterMethods<Context>) {
    add(PackageResources.dashboard_html, "text/html; charset=utf-8", at: "", to: router)
    add(PackageResources.dashboard_css, "text/css; charset=utf-8", at: "dashboard.css", to: router)
    add(
      PackageResources.dashboard_js, "text/javascript; charset=utf-8", at: "dashboard.js",
      to: router)
  }

  private func add(
    _ bytes: [UInt8], _ type: String, at path: RouterPath, to router: some RouterMethods<Context>
  ) {
    var headers: HTTPFields = [
      .contentType: type, .xContentTypeOptions: "nosniff",
      .contentSecurityPolicy:
        // Reports open in pages that inherit this, and bring their style along.
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
        + "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    ]
    headers[.cacheControl] = "no-cache"
    router.get(path) { [headers] _, _ in
      Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
  }
}
