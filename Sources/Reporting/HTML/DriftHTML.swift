public import Monitoring

public func renderHTML(
  _ report: DriftReport, title: String, generatedAt: String, version: String
) throws -> String { "" }
