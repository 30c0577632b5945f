#include "reduce/reduce_message.h"

#include <string.h>

enum { MOST = 300, WORD = 512 }; /* bytes of a message, and of a word that may be a name */

/* ---- the line that says most ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_letter(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool has_word(const char *line, size_t n, const char *word)
{
    size_t length = strlen(word), k = 0;
    for (size_t i = 0; i + length <= n; i++) {
        for (k = 0; k < length && lower(line[i + k]) == word[k]; k++)
            ;
        if (k == length)
            return true;
    }
    return false;
}

static bool has_any(const char *line, size_t n, const char *const *words)
{
    for (; *words != NULL; words++)
        if (has_word(line, n, *words))
            return true;
    return false;
}

static bool is_blank(const char *line, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)line[i] > ' ')
            return false;
    return true;
}

const char *reduce_message_find(const char *text, size_t size, size_t *n)
{
    static const char *const errors[] = {"error",     "fail",    "assert", "fatal",   "exception", "panic",
                                         "terminate", "what():", "abort",  "invalid", "corrupt",   NULL};
    static const char *const warnings[] = {"warning", "[w:", "deprecat", NULL};
    const char *last = NULL;
    size_t last_n = 0;
    bool traceback = false;
    for (const char *p = text, *end = text + size; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p)), *line = p;
        size_t length = (size_t)((newline != NULL ? newline : end) - p);
        p += length + 1;
        if (is_blank(line, length) || has_any(line, length, warnings))
            continue;
        if (has_word(line, length, "traceback (most recent")) {
            traceback = true;
            continue;
        }
        if (traceback && (line[0] == ' ' || line[0] == '\t'))
            continue; /* where, not what */
        last = line;
        last_n = length;
        if (traceback || has_any(line, length, errors))
            break;
    }
    *n = last_n;
    return last;
}

/* ---- without what differs ---- */

typedef struct {
    json_line *out;
    size_t begun;
    const reduce_names *names, *kept;
} writer;

static size_t written(const writer *w)
{
    return w->out->size - w->begun;
}

static void put(writer *w, const char *text, size_t n)
{
    size_t left = written(w) < MOST ? MOST - written(w) : 0;
    line_text(w->out, text, n < left ? n : left);
}

static bool is_separator(char c)
{
    return c == ',' || c == ' ' || c == 'x' || c == ';' || c == ':' || c == '-' || c == '.';
}

/* A number, or nothing if only separators are between it and another one: the rank of a shape may change. */
static void put_number(writer *w)
{
    const char *begin = w->out->bytes;
    size_t end = w->out->size, at = end;
    while (at > w->begun && end - at < 3 && is_separator(begin[at - 1]))
        at--;
    if (at > w->begun && begin[at - 1] == 'N' && (at - 1 == w->begun || !is_letter(begin[at - 2]))) {
        w->out->size = at;
        return;
    }
    put(w, "N", 1);
}

/* The length of a number at p. */
static size_t number_length(const char *p, size_t n)
{
    size_t i = 0;
    while (i < n && is_digit(p[i]))
        i++;
    if (i + 1 < n && p[i] == '.' && is_digit(p[i + 1]))
        for (i++; i < n && is_digit(p[i]); i++)
            ;
    size_t e = i < n && lower(p[i]) == 'e' ? i + 1 : 0;
    if (e > 0 && e < n && (p[e] == '-' || p[e] == '+'))
        e++;
    if (e > 0 && e < n && is_digit(p[e]))
        for (i = e; i < n && is_digit(p[i]); i++)
            ;
    return i;
}

static bool is_hex(char c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

/* The length of an address at p, such as 0x7f12; 0: there is none. */
static size_t address_length(const char *p, size_t n)
{
    size_t i = 2;
    if (n < 3 || p[0] != '0' || lower(p[1]) != 'x' || !is_hex(p[2]))
        return 0;
    while (i < n && is_hex(p[i]))
        i++;
    return i;
}

/* Whether the digits at p[at] belong to the name of a type, such as int64. */
static bool is_of_type(const char *p, size_t at)
{
    return (at >= 3 && strncmp(p + at - 3, "int", 3) == 0) || (at >= 5 && strncmp(p + at - 5, "float", 5) == 0);
}

static bool is_in(const reduce_names *set, const char *word, size_t n)
{
    char text[WORD];
    if (set == NULL || n == 0 || n >= sizeof text)
        return false;
    memcpy(text, word, n);
    text[n] = '\0';
    return reduce_names_has(set, text);
}

/* A word of the language: it may be meant so, also where a tensor has the name. */
static bool is_plain(const char *word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_letter(word[i]) || lower(word[i]) != word[i])
            return false;
    return n > 1 || (n == 1 && *word == 'a');
}

static bool put_name(writer *w, const char *word, size_t n)
{
    if (is_plain(word, n) || is_in(w->kept, word, n) || !is_in(w->names, word, n))
        return false;
    put(w, "NAME", 4);
    return true;
}

static void put_digits(writer *w, const char *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t length = address_length(p + i, n - i);
        if (length > 0) {
            put(w, "HEX", 3);
        } else if (!is_digit(p[i])) {
            length = 1;
            if (p[i] != '-' || i + 1 == n || !is_digit(p[i + 1]) || (i > 0 && (is_letter(p[i - 1]) || is_digit(p[i - 1]))))
                put(w, p + i, 1);
        } else if (is_of_type(p, i)) {
            for (length = 1; i + length < n && is_digit(p[i + length]); length++)
                ;
            put(w, p + i, length);
        } else {
            length = number_length(p + i, n - i);
            put_number(w);
        }
        i += length;
    }
}

/* A word without spaces, quotes and brackets. */
static void put_word(writer *w, const char *p, size_t n)
{
    size_t end = n, file = 0;
    while (end > 0 && strchr(".:;,!?", p[end - 1]) != NULL)
        end--;
    if (put_name(w, p, end)) {
        put(w, p + end, n - end);
        return;
    }
    for (size_t i = 0; i + 1 < end; i++)
        file = p[i] == '/' ? i + 1 : file;
    if (file > 0 && put_name(w, p + file, end - file))
        put(w, p + end, n - end);
    else
        put_digits(w, p + file, n - file);
}

static bool ends_word(char c)
{
    return (unsigned char)c <= ' ' || strchr("'\"`()[]{}<>=,", c) != NULL;
}

/* The length of the name in quotes at p, with them; 0: it is not a name. A name may be empty. */
static size_t quoted_length(const writer *w, const char *p, size_t n)
{
    size_t i = 1;
    bool plain = true; /* as a word of the language is */
    while (i < n && p[i] != p[0] && (unsigned char)p[i] > ' ') {
        plain = plain && ((is_letter(p[i]) && lower(p[i]) == p[i]) || p[i] == '_');
        i++;
    }
    if (i == n || p[i] != p[0] || i >= WORD || is_in(w->kept, p + 1, i - 1))
        return 0;
    return plain && i > 1 && !is_in(w->names, p + 1, i - 1) ? 0 : i + 1;
}

/* The length of a terminal's control sequence at p; 0: there is none. */
static size_t control_length(const char *p, size_t n)
{
    size_t i = 2;
    if (n < 3 || p[0] != '\033' || p[1] != '[')
        return 0;
    while (i < n && !is_letter(p[i]))
        i++;
    return i < n ? i + 1 : n;
}

void reduce_message_normalise(json_line *out, const char *text, size_t n, const reduce_names *names, const reduce_names *kept)
{
    writer w = {out, out->size, names, kept};
    for (size_t i = 0, length; i < n; i += length) {
        char c = text[i];
        size_t quoted = c == '\'' || c == '"' || c == '`' ? quoted_length(&w, text + i, n - i) : 0;
        if ((length = control_length(text + i, n - i)) > 0)
            continue;
        length = 1;
        if (quoted > 0) {
            put(&w, text + i, 1);
            put(&w, "NAME", 4);
            put(&w, text + i, 1);
            length = quoted;
        } else if ((unsigned char)c <= ' ' || c == 127) {
            if (written(&w) > 0 && out->bytes[out->size - 1] != ' ')
                put(&w, " ", 1);
        } else if (ends_word(c)) {
            put(&w, &c, 1);
        } else {
            while (i + length < n && !ends_word(text[i + length]))
                length++;
            put_word(&w, text + i, length);
        }
    }
    while (written(&w) > 0 && out->bytes[out->size - 1] == ' ')
        out->size--;
}
