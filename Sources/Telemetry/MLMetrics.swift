#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A prediction that says what class it is of and how sure the model is.
public protocol ConfidentPrediction {
  /// The class that was predicted, as it is to be labelled.
  var predictedClass: String { get }
  /// 0…1.
  var confidence: Double { get }
}

/// The metrics of one model, for the process that serves it.
///
/// ```swift
/// let metrics = try MLMetrics(modelName: "fraud_detector", modelVersion: "v2.1.0")
/// let score = try await metrics.trackPrediction { try await model.predict(request) }
/// let text = metrics.registry.render(.text)
/// ```
///
/// | metric | type | labels |
/// |---|---|---|
/// | `ml_predictions_total` | counter | model_name, model_version, status |
/// | `ml_prediction_latency_seconds` | histogram | model_name, model_version |
/// | `ml_prediction_confidence` | histogram | model_name, model_version, predicted_class |
/// | `ml_feature_value` | summary | model_name, feature_name |
/// | `ml_model_accuracy`, `ml_model_f1_score` | gauge | model_name, model_version, window |
/// | `ml_drift_score` | gauge | model_name, drift_type, feature |
public struct MLMetrics: Sendable {
  /// How a prediction ended.
  public enum Status: String, Sendable, CaseIterable { case success, error }

  /// Seconds; on beyond the two seconds that are worth an alarm.
  public static let latencyBounds = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 2.5, 5, 10,
  ]
  public static let confidenceBounds = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99]

  public let registry: MetricRegistry
  public let modelName: String
  public let modelVersion: String
  private let succeeded: Counter
  private let failed: Counter
  private let latency: Histogram
  private let confidence: MetricFamily<Histogram>
  private let features: MetricFamily<Summary>
  private let accuracy: MetricFamily<Gauge>
  private let f1Score: MetricFamily<Gauge>
  private let drift: MetricFamily<Gauge>
  private let now: @Sendable () -> UInt64

  /// - Parameters:
  ///   - modelName: the label `model_name`.
  ///   - modelVersion: the label `model_version`.
  ///   - registry: what takes the metrics; several models may share one.
  ///   - latencyBounds: of the latency's buckets, in seconds, ascending.
  ///   - now: nanoseconds of a clock that never goes back.
  /// - Throws: ``MetricError`` where the registry has one of the names for something else.
  public init(
    modelName: String, modelVersion: String, registry: MetricRegistry = MetricRegistry(),
    latencyBounds: [Double] = MLMetrics.latencyBounds,
    now: @escaping @Sendable () -> UInt64 = MLMetrics.monotonicNanoseconds
  ) throws(MetricError) {
    self.registry = registry
    self.modelName = modelName
    self.modelVersion = modelVersion
    self.now = now
    let model = ["model_name", "model_version"]
    let predictions = try registry.counter(
      "ml_predictions_total", help: "Total number of predictions", labels: model + ["status"])
    succeeded = predictions.with(modelName, modelVersion, Status.success.rawValue)
    failed = predictions.with(modelName, modelVersion, Status.error.rawValue)
    latency = try registry.histogram(
      "ml_prediction_latency_seconds", help: "Prediction latency in seconds", labels: model,
      bounds: latencyBounds
    ).with(modelName, modelVersion)
    confidence = try registry.histogram(
      "ml_prediction_confidence", help: "Prediction confidence distribution",
      labels: model + ["predicted_class"], bounds: Self.confidenceBounds)
    features = try registry.summary(
      "ml_feature_value", help: "Feature value distribution",
      labels: ["model_name", "feature_name"])
    accuracy = try registry.gauge(
      "ml_model_accuracy", help: "Current model accuracy", labels: model + ["window"])
    f1Score = try registry.gauge(
      "ml_model_f1_score", help: "Current model F1 score", labels: model + ["window"])
    drift = try registry.gauge(
      "ml_drift_score", help: "Current drift score",
      labels: ["model_name", "drift_type", "feature"])
  }

  /// Times a prediction and counts how it ended; confidence is taken from a ``ConfidentPrediction``.
  public func trackPrediction<Prediction>(
    _ predict: () throws -> Prediction
  ) rethrows -> Prediction {
    let begun = now()
    let prediction: Prediction
    do {
      prediction = try predict()
    } catch {
      failed.increment()
      throw error
    }
    recordSuccess(prediction, since: begun)
    return prediction
  }

  /// Times a prediction that is awaited; see ``trackPrediction(_:)``.
  public func trackPrediction<Prediction>(
    isolation: isolated (any Actor)? = #isolation, _ predict: () async throws -> Prediction
  ) async rethrows -> Prediction {
    let begun = now()
    let prediction: Prediction
    do {
      prediction = try await predict()
    } catch {
      failed.increment()
      throw error
    }
    recordSuccess(prediction, since: begun)
    return prediction
  }

  private func recordSuccess<Prediction>(_ prediction: Prediction, since begun: UInt64) {
    latency.observe(Double(now() &- begun) * 1e-9)
    succeeded.increment()
    if let prediction = prediction as? any ConfidentPrediction {
      recordConfidence(prediction.confidence, ofClass: prediction.predictedClass)
    }
  }

  /// Counts a prediction that was made elsewhere.
  ///
  /// - Parameters:
  ///   - status: how it ended.
  ///   - latencySeconds: of a success; nil where it is not known.
  public func recordPrediction(_ status: Status, latencySeconds: Double?) {
    switch status {
    case .success:
      succeeded.increment()
      if let latencySeconds { latency.observe(latencySeconds) }
    case .error: failed.increment()
    }
  }

  /// Counts how sure the model was of a class.
  public func recordConfidence(_ value: Double, ofClass predictedClass: String) {
    confidence.with(modelName, modelVersion, predictedClass).observe(value)
  }

  /// The summary of a feature's values, to be kept where many are counted.
  public func feature(_ name: String) -> Summary { features.with(modelName, name) }

  /// Counts a value a feature had.
  public func recordFeature(_ name: String, _ value: Double) {
    feature(name).observe(value)
  }

  /// Sets how good the model was over a window, as labels showed.
  public func updatePerformance(accuracy: Double, f1Score: Double, window: String = "1h") {
    self.accuracy.with(modelName, modelVersion, window).set(accuracy)
    self.f1Score.with(modelName, modelVersion, window).set(f1Score)
  }

  /// Sets how far a feature has drifted.
  public func updateDriftScore(driftType: String, feature: String, score: Double) {
    drift.with(modelName, driftType, feature).set(score)
  }

  /// Forgets how good the model was over a window that is measured no more.
  public func removePerformance(window: String) {
    accuracy.remove([modelName, modelVersion, window])
    f1Score.remove([modelName, modelVersion, window])
  }

  /// Forgets how far a feature has drifted, where that is measured no more.
  public func removeDriftScore(driftType: String, feature: String) {
    drift.remove([modelName, driftType, feature])
  }

  /// How predictions ended and how long they took, counted since the process began.
  public struct Traffic: Sendable, Equatable {
    public var succeeded = 0.0
    public var failed = 0.0
    /// Upper bounds of the latency's buckets, in seconds.
    public var latencyBounds: [Double] = []
    /// Predictions that took up to each bound, and after them all.
    public var latencyCounts: [UInt64] = []

    public init() {}
  }

  public var traffic: Traffic {
    var traffic = Traffic()
    traffic.succeeded = succeeded.value
    traffic.failed = failed.value
    traffic.latencyBounds = latency.bounds
    traffic.latencyCounts = latency.cumulativeCounts
    return traffic
  }

  /// The system's monotonic clock.
  @Sendable public static func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
