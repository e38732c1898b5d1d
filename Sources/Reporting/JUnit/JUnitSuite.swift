/// Results for continuous integration: one suite of test cases.
struct JUnitSuite {
  enum Outcome {
    case passed
    case failure(type: String, message: String)
    /// It could not be told.
    case error(message: String)
    /// It was not looked at.
    case skipped(message: String)
  }

  let name: String
  let properties: [(name: String, value: String)]
  let cases: [(name: String, outcome: Outcome)]

  func render() -> String {
    var (failures, errors, skipped) = (0, 0, 0)
    for (_, outcome) in cases {
      switch outcome {
      case .passed: continue
      case .failure: failures += 1
      case .error: errors += 1
      case .skipped: skipped += 1
      }
    }
    let counts =
      #"tests="\#(cases.count)" failures="\#(failures)" errors="\#(errors)""#
    var lines = [
      #"<?xml version="1.0" encoding="UTF-8"?>"#, #"<testsuites name="plumbline" \#(counts)>"#,
      #"  <testsuite name="\#(escape(name))" \#(counts) skipped="\#(skipped)">"#,
      "    <properties>",
    ]
    lines += properties.map { name, value in
      #"      <property name="\#(name)" value="\#(escape(value))"/>"#
    }
    lines.append("    </properties>")
    lines += cases.flatMap(testCase)
    lines += ["  </testsuite>", "</testsuites>"]
    return lines.joined(separator: "\n") + "\n"
  }

  private func testCase(_ name: String, _ outcome: Outcome) -> [String] {
    let opening = #"    <testcase classname="\#(escape(self.name))" name="\#(escape(name))""#
    switch outcome {
    case .passed: return [opening + "/>"]
    case .failure(let type, let message):
      return [
        opening + ">",
        #"      <failure type="\#(escape(type))" message="\#(escape(message))"/>"#,
        "    </testcase>",
      ]
    case .error(let message):
      return [
        opening + ">", #"      <error type="unknown" message="\#(escape(message))"/>"#,
        "    </testcase>",
      ]
    case .skipped(let message):
      return [
        opening + ">", #"      <skipped message="\#(escape(message))"/>"#, "    </testcase>",
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
