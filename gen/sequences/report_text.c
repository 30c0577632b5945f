#include "sequences/report_text.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void report_line(json_line *out, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n > 0)
        line_text(out, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

static void put(json_line *out, const char *s, bool quoted)
{
    while (*s != '\0') {
        size_t n = utf8_shown(s);
        if (n == 0)
            report_line(out, "\\x%02x", (unsigned)(unsigned char)*s);
        else if (*s == '\\' || (*s == '"' && quoted))
            line_text(out, *s == '"' ? "\"\"" : "\\\\", 2);
        else
            line_text(out, s, n);
        s += n > 0 ? n : 1;
    }
}

void report_text(json_line *out, const char *s)
{
    put(out, s, false);
}

size_t report_width(const char *s)
{
    size_t width = 0;
    for (size_t n; *s != '\0'; s += n > 0 ? n : 1) {
        n = utf8_shown(s);
        width += n == 0 ? 4 : *s == '\\' ? 2 : 1;
    }
    return width;
}

void report_column(json_line *out, const char *s, size_t width)
{
    report_text(out, s);
    for (size_t n = report_width(s); n < width; n++)
        line_raw(out, " ");
}

void report_csv_text(json_line *out, const char *s)
{
    bool quoted = strpbrk(s, ",\"") != NULL;
    line_raw(out, quoted ? "\"" : "");
    put(out, s, quoted);
    line_raw(out, quoted ? "\"" : "");
}
