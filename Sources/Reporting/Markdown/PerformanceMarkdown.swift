import Monitoring

/// A performance report for pull requests and chat (GitHub-flavoured Markdown).
struct PerformanceMarkdown {
  let report: PerformanceReport

  func render() -> String {
    let wording = PerformanceWording(report: report)
    var lines = [
      "## \(report.status.symbol) Performance: \(report.status.rawValue)", "",
      MarkdownText.escape(wording.headline), "",
    ]
    lines += wording.facts.map { "- \(MarkdownText.escape($0))" }
    lines += [
      "", "| metric | value | 95 % interval | reference | change |", "|---|---:|---|---:|---:|",
    ]
    lines += MetricOrder.sorted(report.metrics).map { name, metric in
      let value = metric.value == nil ? metric.reason ?? "–" : Figures.number(metric.value)
      return "| \(MarkdownText.escape(name)) | \(MarkdownText.escape(value)) | "
        + "\(Figures.interval(metric.lower, metric.upper)) | \(Figures.number(metric.reference)) | "
        + "\(Figures.signed(metric.change)) |"
    }
    if !report.chunks.isEmpty {
      let primary = report.primaryMetric
      lines += [
        "", "| over time | rows | labelled | \(primary) | estimated | status |",
        "|---|---:|---:|---:|---:|---|",
      ]
      lines += report.chunks.map { chunk in
        "| \(MarkdownText.escape(chunk.label)) | \(chunk.rows) | \(chunk.labelledRows) | "
          + "\(Figures.number(chunk.metrics[primary]?.value)) | "
          + "\(Figures.number(chunk.estimates[primary]?.value)) | "
          + "\(chunk.status.symbol) \(chunk.status.rawValue)"
          + (chunk.mature == false ? ", \(PerformanceWording.maturity(chunk))" : "") + " |"
      }
    }
    let advice = report.recommendations + report.nextSteps
    if !advice.isEmpty {
      lines += ["", "### What to do", ""] + advice.map { "- \(MarkdownText.escape($0))" }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
