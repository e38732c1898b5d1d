import Monitoring

/// What stands above everything on every page, in the template's words.
struct PageHead {
  let title: String
  let version: String
  let generatedAt: String
  let css = Page.css
  let status: String
  let statusWord: String
  let sign: String
  let headline: String
  let facts: [NamedValue]
  let advice: [String]
  let hasAdvice: Bool
  /// Whether what to do comes in an order.
  let isOrdered: Bool

  /// - Parameters:
  ///   - title: what the report is called.
  ///   - generatedAt: when it was made (ISO 8601).
  ///   - version: of Plumbline.
  ///   - status: what it comes to.
  ///   - word: the same in the heading; the status itself where left out.
  ///   - headline: a sentence.
  ///   - facts: what stands beside it.
  ///   - advice: what to do; steps that are numbered are shown as a list that is.
  init(
    title: String, generatedAt: String, version: String, status: Status, word: String? = nil,
    headline: String, facts: [NamedValue], advice: [String]
  ) {
    self.title = title
    self.version = version
    self.generatedAt = generatedAt
    self.status = status.rawValue
    statusWord = word ?? Page.word(status)
    sign = status.symbol
    self.headline = PrintableText.visible(headline)
    self.facts = facts
    let steps = Steps(advice)
    self.advice = steps.texts.map(PrintableText.visible)
    hasAdvice = !advice.isEmpty
    isOrdered = steps.isNumbered
  }
}

/// What to do, with the numbers its texts may begin with apart, so that no list has both.
struct Steps {
  let texts: [String]
  let isNumbered: Bool

  init(_ lines: [String]) {
    let parts = lines.enumerated().map { index, line -> Substring? in
      let number = "\(index + 1). "
      return line.hasPrefix(number) ? line.dropFirst(number.count) : nil
    }
    isNumbered = !lines.isEmpty && parts.allSatisfy { $0 != nil }
    texts = isNumbered ? parts.compactMap { $0.map(String.init) } : lines
  }

  /// As lines of a list.
  var listed: [String] {
    texts.enumerated().map { (isNumbered ? "\($0 + 1). " : "- ") + PrintableText.visible($1) }
  }
}
