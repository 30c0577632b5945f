#include "mine/mine_text.h"

#include <stdio.h>
#include <stdlib.h>

bool mine_is_finite(double v)
{
    return v - v == 0;
}

void mine_put_real(json_line *out, double v)
{
    char text[40];
    for (int digits = 1; digits <= 9; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, v);
        if ((float)strtod(text, NULL) == (float)v)
            break;
    }
    line_point(text);
    line_raw(out, text);
}

static bool is_plain(char c)
{
    return c >= ' ' && c <= '~' && c != '\'' && c != '"' && c != '\\' && c != '#';
}

bool mine_is_plain(const char *s)
{
    while (is_plain(*s))
        s++;
    return *s == '\0';
}

void mine_put_quoted(json_line *out, const char *s)
{
    line_raw(out, "'");
    for (; *s != '\0'; s++)
        if (is_plain(*s))
            line_text(out, s, 1);
    line_raw(out, "'");
}

bool mine_all_finite(const onnx_view_attribute *a)
{
    for (size_t i = 0; a->reals != NULL && i < a->n_values; i++)
        if (!mine_is_finite(a->reals[i]))
            return false;
    return true;
}

void mine_put_list(json_line *out, const int64_t *ints, const double *reals, size_t n)
{
    line_raw(out, "[");
    for (size_t i = 0; i < n; i++) {
        line_raw(out, i > 0 ? ", " : "");
        if (ints != NULL)
            line_int(out, ints[i]);
        else
            mine_put_real(out, reals[i]);
    }
    line_raw(out, "]");
}
