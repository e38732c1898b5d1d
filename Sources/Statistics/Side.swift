/// One of the two samples of a comparison.
public enum Side: String, Sendable {
  case reference, current
}
