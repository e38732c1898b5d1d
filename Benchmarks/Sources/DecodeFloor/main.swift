// The least any comparison has to do: decode every column of the files given into Arrow batches,
// through the same engine and data-access layer as `plumbline`, and look at none of it.

import Plumbline

let sources = SourceOpener()
for path in CommandLine.arguments.dropFirst() {
  let relation = try sources.open(path)
  let connection = try relation.database.connect()
  let stream = try relation.run(relation.select(["*"]), over: connection)
  var rows = 0
  while let batch = try stream.next() { rows += batch.rows }
  print("\(path): \(rows) rows")
}
