import CBoostMath

/// Distributions, each by its upper tail: sf(x) = P(X > x), accurate where it is small.
enum Normal {
  static func sf(_ x: Double) -> Double { plumbline_normal_sf(x) }

  /// The x with P(X ≤ x) = p.
  static func quantile(_ p: Double) -> Double { plumbline_normal_quantile(p) }

  /// P(|X| > |z|).
  static func twoSided(_ z: Double) -> Double { min(1, 2 * plumbline_normal_sf(abs(z))) }
}

enum StudentT {
  /// The x with P(X ≤ x) = p.
  static func quantile(_ p: Double, degreesOfFreedom: Double) -> Double {
    plumbline_student_t_quantile(p, degreesOfFreedom)
  }

  /// P(X > t).
  static func sf(_ t: Double, degreesOfFreedom: Double) -> Double {
    plumbline_student_t_sf(t, degreesOfFreedom)
  }

  /// P(|X| > |t|).
  static func twoSided(_ t: Double, degreesOfFreedom: Double) -> Double {
    min(1, 2 * plumbline_student_t_sf(abs(t), degreesOfFreedom))
  }
}

enum Beta {
  /// The regularized incomplete beta function I_x(a, b).
  static func regularized(_ x: Double, a: Double, b: Double) -> Double {
    plumbline_beta_regularized(a, b, x)
  }
}

enum ChiSquare {
  static func sf(_ x: Double, degreesOfFreedom: Double) -> Double {
    plumbline_chi_square_sf(x, degreesOfFreedom)
  }
}
