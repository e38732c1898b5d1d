import Monitoring

/// A drift report for continuous integration: a test case for each column, which fails where the
/// column drifted and is an error where it could not be compared.
struct DriftJUnit {
  let report: DriftReport

  func render() -> String {
    let failures = report.columns.count { $0.drifted == true }
    let errors = report.columns.count { $0.drifted == nil }
    var lines = [
      #"<?xml version="1.0" encoding="UTF-8"?>"#,
      #"<testsuites name="plumbline" tests="\#(report.columns.count)" failures="\#(failures)" "#
        + #"errors="\#(errors)">"#,
      #"  <testsuite name="drift" tests="\#(report.columns.count)" failures="\#(failures)" "#
        + #"errors="\#(errors)" skipped="0">"#,
      "    <properties>",
      property("status", report.status.rawValue),
      property("drift_share", report.driftShare.map { "\($0)" } ?? ""),
      property("reference", report.reference.source),
      property("current", report.current.source),
      "    </properties>",
    ]
    lines += report.columns.flatMap(testCase)
    lines += ["  </testsuite>", "</testsuites>"]
    return lines.joined(separator: "\n") + "\n"
  }

  private func property(_ name: String, _ value: String) -> String {
    #"      <property name="\#(name)" value="\#(escape(value))"/>"#
  }

  private func testCase(_ column: ColumnDrift) -> [String] {
    let opening =
      #"    <testcase classname="drift" name="\#(escape(column.column))""#
    let figures =
      "\(column.method ?? "no method"): statistic \(Figures.number(column.statistic)), adjusted p "
      + "\(Figures.pValue(column.adjustedPValue)), effect \(Figures.number(column.effectSize)), "
      + "drift if \(Wording.threshold(column))"
    switch column.drifted {
    case false: return [opening + "/>"]
    case true:
      return [
        opening + ">",
        #"      <failure type="drift" message="\#(escape(figures))"/>"#, "    </testcase>",
      ]
    case nil:
      return [
        opening + ">",
        #"      <error type="unknown" message="\#(escape(column.reason ?? "unknown"))"/>"#,
        "    </testcase>",
      ]
    }
  }

  /// Text for an attribute; characters XML cannot hold are left out.
  private func escape(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n": result += "&#10;"
      case "\r": result += "&#13;"
      case "\t": result += "&#9;"
      default:
        let value = scalar.value
        if value >= 0x20, value != 0xFFFE, value != 0xFFFF {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }
}
