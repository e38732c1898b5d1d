import Plumbline

func checkDrift(reference: String, current: String) throws -> DriftReport {
  let sources = SourceOpener()
  var options = DriftOptions()
  options.schema.target = "churned"
  options.methodFor["price"] = "ks_test"
  let check = DriftCheck(
    reference: try sources.open(reference),
    current: try sources.open(current),
    options: options)
  let report = try check.run()
  for column in report.columns where column.drifted == true {
    print(column.column, "drifted:", column.method ?? "–", column.statistic ?? .nan)
  }
  return report
}
