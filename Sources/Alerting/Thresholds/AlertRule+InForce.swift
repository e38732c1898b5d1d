public import Monitoring

extension AlertRule {
  /// That another condition is in force in place of its own.
  public func replaced(by condition: AlertCondition) -> String {
    "\(condition.sentence) is in force in place of its own \(self.condition.sentence)"
  }
}
