import Foundation
import Testing

@testable import Monitoring
@testable import Reporting

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// One report in every format.
struct ReportingTests {
  static let hostile = "<script>alert('x')</script> \"q\" | `b`\n\u{1B}[31m\u{202E}"

  static func column(_ name: String, drifted: Bool?) -> ColumnDrift {
    ColumnDrift(
      column: name, role: .feature, type: .numerical, method: drifted == nil ? nil : "ks_test",
      methodReason: "asked for", statistic: drifted == nil ? nil : 0.25,
      pValue: drifted == nil ? nil : 1e-20, adjustedPValue: drifted == nil ? nil : 1e-19,
      effectSize: drifted == nil ? nil : 0.25, effectSizeName: "ks_distance", effectSizeFloor: nil,
      threshold: 0.05, thresholdKind: .significance, drifted: drifted, referenceCount: 90,
      currentCount: 95, referenceMissing: 10, currentMissing: 5, referenceNonFinite: 0,
      currentNonFinite: 1, details: ["note": .text(hostile)],
      reason: drifted == nil ? "missing in \(hostile)" : nil, referenceSummary: nil,
      currentSummary: nil,
      distribution: Distribution(
        edges: (0...30).map(Double.init), categories: nil, hasOthers: false,
        reference: (0..<30).map { $0 * 7 % 13 }, current: (0..<30).map { $0 * 5 % 11 }))
  }

  static func report(
    columns: [ColumnDrift], chunk: String? = nil, chunks: [ChunkDrift] = []
  ) -> DriftReport {
    let verdict = DriftVerdict(columns.map(\.drifted))
    return DriftReport(
      status: verdict.status, reason: nil, driftShare: verdict.share,
      driftedColumns: verdict.drifted, checkedColumns: verdict.checked,
      reference: TableSummary(source: hostile, rows: 100),
      current: TableSummary(source: "c", rows: 101),
      correction: .benjaminiHochberg, policy: .robust, summaries: .exact, seed: 0, columns: columns,
      multivariate: [],
      quality: [
        QualityFinding(
          check: .newCategories, column: hostile, severity: .warning, message: "2 new",
          examples: [hostile])
      ], schema: [], chunk: chunk, chunks: chunks, notes: [hostile], recommendations: ["look"],
      nextSteps: ["go on"])
  }

  let report = Self.report(columns: [
    column("drifter", drifted: true), column(hostile, drifted: true),
    column("calm", drifted: false),
    column("lost", drifted: nil),
  ])

  @Test func `JSON has every key, null where there is no value, and reads back`() throws {
    let text = try render(report, as: .json)
    let decoded = try JSONDecoder().decode(DriftReport.self, from: Data(text.utf8))
    #expect(decoded == report)
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let lost = try #require((object["columns"] as? [[String: Any]])?.last)
    for key in ["statistic", "p_value", "adjusted_p_value", "effect_size", "drifted", "method"] {
      #expect(lost[key] is NSNull, "\(key)")
    }
    #expect((lost["reason"] as? String)?.isEmpty == false)
  }

  @Test func `Every format's headline tells of chunks that the whole hides`() throws {
    let chunks = [Status.degraded, .healthy, .critical].enumerated().map { index, status in
      ChunkDrift(
        label: "2024-01-0\(index + 1)", start: nil, end: nil, rows: 9, status: status,
        driftShare: nil, driftedColumns: 0, checkedColumns: 1, columns: [])
    }
    let calm = [Self.column("calm", drifted: false)]
    let told = Self.report(columns: calm, chunk: "day", chunks: chunks)
    let page = try renderHTML(told, title: "t", generatedAt: "now", version: "0")
    for text in [try render(told, as: .table), try render(told, as: .markdown), page] {
      #expect(text.contains("; 2 of 3 days are degraded or critical."), "\(text)")
    }
    // Reports kept before do not say how they were cut.
    let older = try render(Self.report(columns: calm, chunks: [chunks[0]]), as: .table)
    #expect(older.contains("; 1 of 1 chunk is degraded."), "\(older)")
    #expect(try !render(Self.report(columns: calm), as: .table).contains(";"))
  }

  @Test func `The table is plain when piped and does not obey what it prints`() throws {
    let text = try render(report, as: .table)
    #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}"))
    #expect(text.contains("\\u{1b}[31m"))
    #expect(text.contains("unknown: missing in"))
    let painted = try render(report, as: .table, style: TerminalStyle(color: true, width: 100))
    #expect(painted.contains("\u{1B}[31m"))
  }

  @Test func `Columns line up whatever the script`() {
    var table = Table([.init(title: "name"), .init(title: "n", isNumber: true)])
    for name in ["a", "日本語", "🙂🙂", "e\u{301}clair", "العربية"] {
      table.add([.init(name), .init("1")])
    }
    let lines = table.render(.plain).split(separator: "\n").map(String.init)
    #expect(Set(lines.map(PrintableText.width)).count == 1)
  }

  @Test func `A narrow terminal shortens text, never numbers`() {
    var table = Table([.init(title: "name"), .init(title: "n", isNumber: true)])
    table.add([.init(String(repeating: "x", count: 200)), .init("123456789")])
    let line = table.render(TerminalStyle(color: false, width: 40)).split(separator: "\n")[1]
    #expect(PrintableText.width(String(line)) <= 40)
    #expect(line.hasSuffix("123456789") && line.contains("…"))
  }

  @Test func `Markdown keeps its table whole`() throws {
    let text = try render(report, as: .markdown)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("|") }
    #expect(rows.count == 2 + report.columns.count)
    for row in rows {
      let bars = row.replacingOccurrences(of: "\\|", with: "").filter { $0 == "|" }.count
      #expect(bars == 10, "\(row)")
    }
    #expect(!text.contains("<script>"))
  }

  @Test func `JUnit is XML that counts what it holds`() throws {
    let text = try render(report, as: .junit)
    let parser = XMLParser(data: Data(text.utf8))
    let counter = ElementCounter()
    parser.delegate = counter
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(counter.elements["testcase"] == 4)
    #expect(counter.elements["failure"] == 2)
    #expect(counter.elements["error"] == 1)
  }

  final class ElementCounter: NSObject, XMLParserDelegate {
    var elements: [String: Int] = [:]

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      elements[name, default: 0] += 1
    }
  }

  private func html(_ report: DriftReport) throws -> String {
    try renderHTML(report, title: "T", generatedAt: "2024-01-01T00:00:00Z", version: "0")
  }

  @Test func `The page holds everything it needs and runs nothing`() throws {
    let page = try html(report)
    #expect(!page.contains("<script"))
    #expect(!page.contains("http://") && !page.contains("https://"))
    #expect(page.contains("default-src 'none'"))
    #expect(page.contains("prefers-color-scheme: dark"))
    #expect(page.contains("&lt;script&gt;"))
    #expect(try html(report) == page)
  }

  @Test func `Drifted columns come first, and many stable ones are folded away`() throws {
    let columns = (0..<40).map { Self.column("c\($0)", drifted: $0 < 3) }
    let page = try html(Self.report(columns: columns))
    #expect(page.contains("28 more columns, all stable"))
    let first = try #require(page.range(of: ">c0<"))
    let later = try #require(page.range(of: ">c3<"))
    #expect(first.lowerBound < later.lowerBound)
  }

  @Test func `Fifty columns over two hundred chunks stay under two megabytes`() throws {
    let columns = (0..<50).map {
      Self.column("a column of some length \($0)", drifted: $0 % 2 == 0)
    }
    let chunks = (0..<200).map { index in
      ChunkDrift(
        label: "2024-01-\(index)", start: nil, end: nil, rows: 1_000_000, status: .critical,
        driftShare: 0.7, driftedColumns: 35, checkedColumns: 50,
        columns: columns.map {
          ChunkColumn(
            column: $0.column, method: "ks_test", statistic: 0.1, pValue: 0.1, adjustedPValue: 0.1,
            effectSize: 0.1, drifted: true, reason: nil)
        })
    }
    #expect(try html(Self.report(columns: columns, chunks: chunks)).utf8.count < 2_000_000)
    #expect(try html(Self.report(columns: columns)).utf8.count < 600_000)
  }

  @Test(arguments: [
    (0.0, "0"), (1.0, "1"), (0.123456, "0.1235"), (123.456, "123.5"), (12345.6, "12346"),
    (1e-7, "1e-7"), (2.5e9, "2.5e9"), (-0.5, "-0.5"), (999_999.6, "1000000"),
    (9.9996e-5, "1e-4"),
  ])
  func `Figures have four digits`(_ value: Double, _ text: String) {
    #expect(Figures.number(value) == text)
  }

  @Test func `Statuses break where the definition says`() {
    func status(_ drifted: Int, of checked: Int) -> Status {
      DriftVerdict((0..<checked).map { $0 < drifted }).status
    }
    #expect(status(0, of: 5) == .healthy)
    #expect(status(1, of: 5) == .healthy)
    #expect(status(2, of: 5) == .degraded)
    #expect(status(1, of: 2) == .degraded)
    #expect(status(3, of: 5) == .critical)
    #expect(DriftVerdict([nil, nil]).status == .unknown)
  }
}
