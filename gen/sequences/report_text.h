/* Texts in tables. Names of files may hold any bytes: control characters, which could end a line or steer a terminal, and bytes
 * that are no UTF-8 are written as \xNN, and a backslash as two, so that different names stay different. */
#ifndef NN_REPORT_TEXT_H
#define NN_REPORT_TEXT_H

#include "base/json_line.h"

/* What fits into 500 bytes; for numbers and fixed words. */
void report_line(json_line *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_text(json_line *out, const char *s);
size_t report_width(const char *s);                              /* characters that report_text writes */
void report_column(json_line *out, const char *s, size_t width); /* filled up with blanks */
void report_csv_text(json_line *out, const char *s);             /* also quoted where it has to be */

#endif
