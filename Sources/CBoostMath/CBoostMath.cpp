#include "CBoostMath.h"

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/bessel.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>

namespace {
namespace policies = boost::math::policies;

// Errors become NaN or infinity rather than exceptions, and no result is rounded through long
// double tables that differ between machines.
using Quiet = policies::policy<
    policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
    policies::overflow_error<policies::ignore_error>,
    policies::underflow_error<policies::ignore_error>,
    policies::denorm_error<policies::ignore_error>,
    policies::evaluation_error<policies::ignore_error>,
    policies::rounding_error<policies::ignore_error>,
    policies::indeterminate_result_error<policies::ignore_error>>;

// What is left: a failed allocation or iteration.
template <typename Body>
double guarded(Body body) {
  try {
    return body();
  } catch (...) {
    return std::numeric_limits<double>::quiet_NaN();
  }
}
}  // namespace

extern "C" {

double plumbline_normal_sf(double x) {
  return 0.5 * std::erfc(x / std::sqrt(2.0));
}

double plumbline_normal_quantile(double p) {
  return guarded([=] {
    return boost::math::quantile(boost::math::normal_distribution<double, Quiet>(), p);
  });
}

double plumbline_student_t_sf(double x, double degrees_of_freedom) {
  return guarded([=] {
    using Distribution = boost::math::students_t_distribution<double, Quiet>;
    return boost::math::cdf(boost::math::complement(Distribution(degrees_of_freedom), x));
  });
}

double plumbline_student_t_quantile(double p, double degrees_of_freedom) {
  return guarded([=] {
    using Distribution = boost::math::students_t_distribution<double, Quiet>;
    return boost::math::quantile(Distribution(degrees_of_freedom), p);
  });
}

double plumbline_chi_square_sf(double x, double degrees_of_freedom) {
  return guarded([=] {
    return boost::math::gamma_q(degrees_of_freedom / 2, x / 2, Quiet());
  });
}

double plumbline_beta_regularized(double a, double b, double x) {
  return guarded([=] { return boost::math::ibeta(a, b, x, Quiet()); });
}

double plumbline_log_gamma(double x) {
  return guarded([=] { return boost::math::lgamma(x, Quiet()); });
}

double plumbline_bessel_k(double order, double x) {
  return guarded([=] { return boost::math::cyl_bessel_k(order, x, Quiet()); });
}

}  // extern "C"
