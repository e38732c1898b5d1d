import Monitoring
import Mustache

/// What all pages have in common.
enum Page {
  static var css: String { String(decoding: PackageResources.report_css, as: UTF8.self) }

  /// Fills a template, which may include the others.
  static func render(_ template: [UInt8], _ view: Any) throws -> String {
    func parsed(_ bytes: [UInt8]) throws -> MustacheTemplate {
      try MustacheTemplate(string: String(decoding: bytes, as: UTF8.self))
    }
    let library = MustacheLibrary(templates: [
      "column": try parsed(PackageResources.column_mustache),
      "findings": try parsed(PackageResources.findings_mustache),
      "head": try parsed(PackageResources.head_mustache),
      "understanding": try parsed(PackageResources.understanding_mustache),
    ])
    return try parsed(template).render(view, library: library)
  }

  /// A status as the first word of a heading.
  static func word(_ status: Status) -> String {
    status.rawValue.prefix(1).uppercased() + status.rawValue.dropFirst()
  }
}
