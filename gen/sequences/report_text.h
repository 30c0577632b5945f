/* Text in tables. File names may contain any bytes. Control characters, which could end a line or control a terminal, and bytes
 * that are not UTF-8 are written as \xNN. A backslash is written as two, so that different names stay different. */
#ifndef NN_REPORT_TEXT_H
#define NN_REPORT_TEXT_H

#include "base/json_line.h"

/* For numbers and fixed words: cuts the text at 511 bytes. */
void report_line(json_line *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_text(json_line *out, const char *s);
size_t report_width(const char *s);                              /* number of characters that report_text writes */
void report_column(json_line *out, const char *s, size_t width); /* padded with spaces */
void report_csv_text(json_line *out, const char *s);             /* also quoted if necessary */

#endif
