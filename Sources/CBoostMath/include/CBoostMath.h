// Special functions and distributions of Boost.Math, behind C functions.
//
// Swift cannot import Boost's templates. Nothing here throws: outside a function's domain, or where
// a result overflows, the answer is NaN or infinity.

#ifndef PLUMBLINE_CBOOSTMATH_H
#define PLUMBLINE_CBOOSTMATH_H

#ifdef __cplusplus
extern "C" {
#endif

double plumbline_normal_sf(double x);
double plumbline_normal_quantile(double p);
double plumbline_student_t_sf(double x, double degrees_of_freedom);
double plumbline_student_t_quantile(double p, double degrees_of_freedom);
double plumbline_chi_square_sf(double x, double degrees_of_freedom);
/// ln Γ(x).
double plumbline_beta_regularized(double a, double b, double x);
double plumbline_log_gamma(double x);
/// The modified Bessel function of the second kind, K_order(x).
double plumbline_bessel_k(double order, double x);

#ifdef __cplusplus
}
#endif

#endif
