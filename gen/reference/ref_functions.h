/* Elementary functions of doubles for expected values: errors below 1 unit in the last place, everywhere. The same bits on every
 * machine and compiler: IEEE basic operations alone, without fused multiply-add (-ffp-contract=off).
 *
 * Arguments out of domain give NaN; overflow gives infinity, and underflow the nearest subnormal number or 0, with the error of
 * one unit of 2^-1074. value/dmath.h, whose errors are larger, stays as it is because intervals depend on its bits. */
#ifndef NN_REF_FUNCTIONS_H
#define NN_REF_FUNCTIONS_H

/* What bounds allow for the errors of two of our own values, each of which errs by less than 0.6 units in the last place of normal
 * numbers. */
#define REF_OWN 0x1p-51

double ref_exp(double x);
double ref_log(double x);
double ref_log1p(double x); /* log(1 + x) */
double ref_sqrt(double x);
double ref_sin(double x);
double ref_cos(double x);
double ref_tan(double x);
double ref_asin(double x);
double ref_acos(double x);
double ref_atan(double x);
double ref_sinh(double x);
double ref_cosh(double x);
double ref_tanh(double x);
double ref_asinh(double x);
double ref_acosh(double x);
double ref_atanh(double x);
double ref_erf(double x);
double ref_sigmoid(double x);
double ref_softplus(double x);        /* log(1 + exp(x)) */
double ref_softsign(double x);        /* x / (1 + |x|) */
double ref_power(double x, double y); /* x > 0, or y a whole number; 0 to a negative power is infinity */

#endif
