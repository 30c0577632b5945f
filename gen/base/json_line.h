/* Appends JSON to a buffer: what is written for every model, without an allocation a value.
 *
 * Ownership: a json_line owns its bytes; nn_free them. Without memory `failed` is set and what follows is ignored. */
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
void line_string(json_line *j, const char *s); /* quoted and escaped; a byte that is no UTF-8 becomes U+FFFD */
void line_int(json_line *j, int64_t x);
size_t line_digits(char out[24], int64_t x); /* the same as text without a NUL; its length */
/* 17 significant digits, so that it reads back as the same double, with a point in every locale. Infinite: the largest double; NaN:
 * 0. */
void line_real(json_line *j, double x);
size_t line_point(char *text); /* makes the locale's decimal separator in a number a point; the length then */
/* Before every element of an array or object: a comma, except after an opening bracket. */
void line_next(json_line *j);
void line_key(json_line *j, const char *key); /* line_next, "key": */

#endif
