import Columns
import Events
import Monitoring
import Testing

@testable import PlumblineServer

/// How sure a model was, by what its events say.
struct PredictionConfidenceTests {
  private func confidence(_ event: String) throws -> String? {
    let events = try EventReader(
      kind: .predictions, types: [:], now: Instant(microseconds: 0)
    ).read(Array("[{\"prediction_id\": \"a\", \(event)}]".utf8), .array)
    try #require(events.rejected.isEmpty, "\(events.rejected)")
    return PredictionConfidence(events.batch)?.of(0).map { name, value in
      "\(name) \((value * 100).rounded() / 100)"
    }
  }

  @Test(arguments: [
    (#""prediction": 1, "probabilities": {"1": 0.92}"#, "1 0.92"),
    (#""prediction": 0, "probabilities": {"1": 0.08}"#, "0 0.92"),
    (#""prediction": 0, "probabilities": {"0": 0.7, "1": 0.3}"#, "0 0.7"),
    // The class that was predicted need not be the likeliest: a threshold can be elsewhere than at half.
    (#""prediction": 1, "probabilities": {"0": 0.7, "1": 0.3}"#, "1 0.3"),
    (#""prediction": "b", "probabilities": {"a": 0.2, "b": 0.5, "c": 0.3}"#, "b 0.5"),
    (#""prediction": "no", "probabilities": {"yes": 0.25}"#, "no 0.75"),
    (#""prediction": true, "probabilities": {"1": 0.9}"#, "1 0.9"),
    (#""prediction": false, "probabilities": {"true": 0.1}"#, "false 0.9"),
    (#""prediction": 1, "probabilities": {"1.0": 0.9}"#, "1.0 0.9"),
    (#""probabilities": {"0": 0.6, "1": 0.4}"#, "0 0.6"),
    (#""probabilities": {"1": 0.4}"#, "1 0.4"),
    (#""prediction": 3, "probabilities": {"0": 0.6, "1": 0.4}"#, nil),
    (#""prediction": 3"#, nil),
  ])
  func `It is the probability of the class that was predicted`(
    event: String, expected: String?
  ) throws {
    #expect(try confidence(event) == expected)
  }
}
