/* Elementary functions of doubles from IEEE basic operations and sqrt alone: the same bits on every machine and compiler
 * (-ffp-contract=off, no x87). Relative error below 1e-12 (absolute for results near 0 of sin, cos, log, tan), stated for each in
 * dmath.c with its source. Arguments out of domain give NaN; overflow gives infinity. sin, cos and tan are for |x| <= 1e6. */
#ifndef NN_DMATH_H
#define NN_DMATH_H

double dm_exp(double x);
double dm_log(double x);
double dm_pow(double x, double y); /* x > 0, or y an integer */
double dm_sin(double x);
double dm_cos(double x);
double dm_tan(double x);
double dm_asin(double x);
double dm_acos(double x);
double dm_atan(double x);
double dm_sinh(double x);
double dm_cosh(double x);
double dm_tanh(double x);
double dm_asinh(double x);
double dm_acosh(double x);
double dm_atanh(double x);
double dm_erf(double x);
double dm_floor(double x);
double dm_ceil(double x);
double dm_round_even(double x);
double dm_sqrt(double x);

#endif
