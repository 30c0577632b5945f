/* Appends JSON text to a buffer, without an allocation for each value.
 *
 * Ownership: a json_line owns its bytes; free them with nn_free. If memory runs out, `failed` is set and later calls do
 * nothing. */
#ifndef NN_JSON_LINE_H
#define NN_JSON_LINE_H

#include "base.h"

typedef struct {
    char *bytes;
    size_t size, capacity;
    bool failed;
} json_line;

void line_text(json_line *j, const char *text, size_t n);
void line_raw(json_line *j, const char *text); /* braces, colons, literals */
void line_string(json_line *j, const char *s); /* quoted and escaped; a byte that is not UTF-8 becomes U+FFFD */
void line_int(json_line *j, int64_t x);
size_t line_digits(char out[24], int64_t x); /* the digits of x without a NUL; returns their number */
/* Writes 17 significant digits, so that it reads back as the same double, with a decimal point in every locale. Infinity becomes
 * the largest double, NaN becomes 0. */
void line_real(json_line *j, double x);
size_t line_point(char *text); /* replaces the locale's decimal separator by a point; returns the new length */
/* Before every element of an array or object: a comma, except after an opening bracket. */
void line_next(json_line *j);
void line_key(json_line *j, const char *key); /* line_next, "key": */

#endif
