import Foundation
import Telemetry

/// A payment as the shop sends it.
struct Payment: Decodable, Sendable {
  /// Euros.
  var amount: Double
  /// 0…23.
  var hour: Int
  var isNewCustomer: Bool

  enum CodingKeys: String, CodingKey {
    case amount, hour
    case isNewCustomer = "is_new_customer"
  }
}

/// What the model says of a payment.
struct Verdict: Encodable, Sendable {
  var isFraud: Bool
  /// Of fraud, 0…1.
  var probability: Double

  enum CodingKeys: String, CodingKey {
    case probability
    case isFraud = "is_fraud"
  }
}

/// A verdict tells how sure it is, so that `ml_prediction_confidence` can be kept.
extension Verdict: ConfidentPrediction {
  var predictedClass: String { isFraud ? "fraud" : "genuine" }
  var confidence: Double { max(probability, 1 - probability) }
}

/// A logistic regression.
struct FraudModel: Sendable {
  enum Problem: Error { case impossible(String) }

  func verdict(on payment: Payment) throws -> Verdict {
    guard payment.amount.isFinite, payment.amount >= 0 else {
      throw Problem.impossible("amount has to be 0 or more")
    }
    guard (0...23).contains(payment.hour) else { throw Problem.impossible("hour is 0 to 23") }
    let isNight = payment.hour < 6 ? 1.0 : 0
    let score =
      -4 + 0.9 * log1p(payment.amount / 100) + 1.2 * isNight + (payment.isNewCustomer ? 1.1 : 0)
    let probability = 1 / (1 + exp(-score))
    return Verdict(isFraud: probability >= 0.5, probability: probability)
  }
}
