/// The name most like a misspelt one; nil where none is near.
///
/// Distance is the number of characters to insert, delete or replace (Levenshtein), case aside; a
/// third of the name may differ.
package func closestName(to name: String, among names: [String]) -> String? {
  let wanted = Array(name.lowercased())
  let nearest = names.map { (name: $0, distance: editDistance(wanted, Array($0.lowercased()))) }
    .min { $0.distance < $1.distance }
  guard let nearest, nearest.distance <= max(1, wanted.count / 3) else { return nil }
  return nearest.name
}

private func editDistance(_ first: [Character], _ second: [Character]) -> Int {
  var previous = Array(0...second.count)
  for (row, character) in first.enumerated() {
    var next = [row + 1]
    for (column, other) in second.enumerated() {
      let replaced = previous[column] + (character == other ? 0 : 1)
      next.append(min(replaced, previous[column + 1] + 1, next[column] + 1))
    }
    previous = next
  }
  return previous[second.count]
}
