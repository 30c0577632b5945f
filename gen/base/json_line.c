#include "base/json_line.h"
#include "base/utf8.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

void line_text(json_line *j, const char *text, size_t n)
{
    j->failed = j->failed || !nn_grow((void **)&j->bytes, &j->capacity, j->size + n, 1);
    if (j->failed || n == 0)
        return;
    memcpy(j->bytes + j->size, text, n);
    j->size += n;
}

void line_raw(json_line *j, const char *text)
{
    line_text(j, text, strlen(text));
}

void line_string(json_line *j, const char *s)
{
    line_text(j, "\"", 1);
    for (size_t n; *s != '\0'; s += n) {
        n = 0;
        while (s[n] >= ' ' && s[n] != '"' && s[n] != '\\' && (unsigned char)s[n] < 0x80)
            n++;
        line_text(j, s, n);
        s += n;
        n = utf8_length(s);
        if (*s != '\0' && n == 0) {
            line_text(j, "\\ufffd", 6);
            n = 1;
        } else if (n > 1) {
            line_text(j, s, n);
        } else if (n == 1) {
            char escaped[8];
            (void)snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)(unsigned char)*s);
            line_text(j, escaped, 6);
        }
    }
    line_text(j, "\"", 1);
}

size_t line_digits(char out[24], int64_t x)
{
    char text[24];
    size_t at = sizeof text;
    uint64_t u = x < 0 ? -(uint64_t)x : (uint64_t)x;
    do
        text[--at] = (char)('0' + u % 10);
    while ((u /= 10) != 0);
    if (x < 0)
        text[--at] = '-';
    memcpy(out, text + at, sizeof text - at);
    return sizeof text - at;
}

void line_int(json_line *j, int64_t x)
{
    char text[24];
    size_t n = line_digits(text, x);
    line_text(j, text, n);
}

size_t line_point(char *text)
{
    size_t n = 0;
    bool point = false;
    for (const char *p = text; *p != '\0'; p++) {
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z'); /* of an exponent, or of inf and nan */
        bool plain = (*p >= '0' && *p <= '9') || *p == '-' || *p == '+' || letter;
        if (plain)
            text[n++] = *p;
        else if (!point) /* a separator may have several bytes */
            text[n++] = '.';
        point = !plain;
    }
    text[n] = '\0';
    return n;
}

void line_real(json_line *j, double x)
{
    x = x > DBL_MAX ? DBL_MAX : x < -DBL_MAX ? -DBL_MAX : x == x ? x : 0;
    char text[64];
    (void)snprintf(text, sizeof text, "%.17g", x);
    size_t n = line_point(text);
    line_text(j, text, n);
}

void line_next(json_line *j)
{
    char last = !j->failed && j->size > 0 ? j->bytes[j->size - 1] : '{';
    if (last != '{' && last != '[' && last != '\n')
        line_text(j, ",", 1);
}

void line_key(json_line *j, const char *key)
{
    line_next(j);
    line_string(j, key);
    line_text(j, ":", 1);
}
