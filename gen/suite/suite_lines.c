#include "suite/suite_lines.h"

#include <string.h>

typedef struct {
    const char *p, *end;
} scan;

static void skip_space(scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n'))
        s->p++;
}

static bool take(scan *s, char c)
{
    skip_space(s);
    if (s->p == s->end || *s->p != c)
        return false;
    s->p++;
    return true;
}

/* Reads a text. *fits: whether out holds it whole. false: there is no text. */
static bool text(scan *s, char out[LINE_TEXT], bool *fits)
{
    size_t n = 0;
    *fits = true;
    if (!take(s, '"'))
        return false;
    for (; s->p < s->end && *s->p != '"'; s->p++) {
        if (*s->p == '\\') {
            if (++s->p == s->end)
                return false;
            *fits = *fits && strchr("\"\\/", *s->p) != NULL;
        }
        if (n + 1 < LINE_TEXT)
            out[n++] = *s->p;
        else
            *fits = false;
    }
    out[n] = '\0';
    return take(s, '"');
}

/* Skips a value up to the comma or bracket behind it. */
static bool skip_value(scan *s)
{
    char ignored[LINE_TEXT];
    bool fits;
    for (int depth = 0; s->p < s->end; s->p++) {
        if (*s->p == '"') {
            if (!text(s, ignored, &fits))
                return false;
            s->p--;
        } else if (depth == 0 && (*s->p == ',' || *s->p == '}')) {
            return true;
        } else {
            depth += (*s->p == '{' || *s->p == '[') - (*s->p == '}' || *s->p == ']');
        }
    }
    return false;
}

bool line_field(const char *line, size_t n, const char *key, char out[LINE_TEXT])
{
    scan s = {line, line + n};
    char name[LINE_TEXT];
    bool fits;
    if (!take(&s, '{'))
        return false;
    do {
        if (!text(&s, name, &fits) || !take(&s, ':'))
            return false;
        if (fits && strcmp(name, key) == 0)
            return text(&s, out, &fits) && fits;
        skip_space(&s);
    } while (skip_value(&s) && take(&s, ','));
    return false;
}
