/* Trees as canonical YAML, written twice: once to count, once for real. */
#include "table/spec_table.h"

#include <string.h>

typedef struct {
    char *at; /* NULL: count only */
    size_t n;
} sink;

static void put(sink *s, const char *text, size_t n)
{
    if (s->at != NULL)
        memcpy(s->at + s->n, text, n);
    s->n += n;
}

static void put_text(sink *s, const char *text)
{
    put(s, text, strlen(text));
}

static void put_blanks(sink *s, int n)
{
    for (; n > 0; n--)
        put(s, " ", 1);
}

/* A text that YAML reads back as this very text without quotes. */
static bool is_plain(const char *s)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    static const char later[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";
    if (s[0] == '\0' || strchr(first, s[0]) == NULL || strcmp(s, "null") == 0 || strncmp(s, "...", 3) == 0)
        return false;
    return s[strspn(s, later)] == '\0';
}

static void put_scalar(sink *s, const char *text)
{
    if (is_plain(text)) {
        put_text(s, text);
        return;
    }
    put(s, "\"", 1);
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            put(s, "\\", 1);
            put(s, (const char *)c, 1);
        } else if (*c == '\n') {
            put(s, "\\n", 2);
        } else if (*c == '\t') {
            put(s, "\\t", 2);
        } else if (c[0] == 0xc2 && c[1] == 0x85) { /* these three break lines */
            put(s, "\\N", 2);
            c++;
        } else if (c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9)) {
            put(s, c[2] == 0xa8 ? "\\L" : "\\P", 2);
            c += 2;
        } else if (c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf) {
            put(s, "\\uFEFF", 6);
            c += 2;
        } else {
            put(s, (const char *)c, 1);
        }
    }
    put(s, "\"", 1);
}

static bool in_line(const spec_node *n)
{
    if (n->kind == SPEC_MAP)
        return n->count == 0;
    if (n->kind == SPEC_LIST)
        for (size_t i = 0; i < n->count; i++)
            if (n->items[i]->kind == SPEC_LIST || n->items[i]->kind == SPEC_MAP)
                return false;
    return true;
}

static void put_in_line(sink *s, const spec_node *n)
{
    if (n->kind == SPEC_NULL)
        put_text(s, "null");
    else if (n->kind == SPEC_SCALAR)
        put_scalar(s, n->text);
    else if (n->kind == SPEC_MAP)
        put_text(s, "{}");
    else {
        put(s, "[", 1);
        for (size_t i = 0; i < n->count; i++) {
            if (i > 0)
                put(s, ", ", 2);
            put_in_line(s, n->items[i]);
        }
        put(s, "]", 1);
    }
}

/* Writes what follows a key or a dash: the rest of the line and the lines below. Recursion is bounded by SPEC_MAX_DEPTH. */
static void put_block(sink *s, const spec_node *n, int indent);

static void put_value(sink *s, const spec_node *n, int indent)
{
    if (!in_line(n)) {
        put(s, "\n", 1);
        put_block(s, n, indent + 2);
        return;
    }
    put(s, " ", 1);
    put_in_line(s, n);
    put(s, "\n", 1);
}

/* Keys beyond 128 characters would not be read back as simple keys. */
static void put_key(sink *s, const char *key)
{
    bool simple = strlen(key) <= 128;
    if (!simple)
        put_text(s, "? ");
    put_scalar(s, key);
    if (!simple)
        put(s, "\n", 1);
}

static void put_block(sink *s, const spec_node *n, int indent)
{
    for (size_t i = 0; i < n->count; i++) {
        put_blanks(s, indent);
        if (n->kind == SPEC_LIST) {
            put(s, "-", 1);
            put_value(s, n->items[i], indent);
            continue;
        }
        put_key(s, n->pairs[i].key);
        if (strlen(n->pairs[i].key) > 128)
            put_blanks(s, indent);
        put(s, ":", 1);
        put_value(s, n->pairs[i].value, indent);
    }
}

static void put_tree(sink *s, const spec_node *n, int indent)
{
    if (!in_line(n)) {
        put_block(s, n, indent);
        return;
    }
    put_blanks(s, indent);
    put_in_line(s, n);
    put(s, "\n", 1);
}

nn_status spec_dump(char **out, const spec_node *node, int indent, arena *a, nn_error *err)
{
    sink s = {NULL, 0};
    put_tree(&s, node, indent);
    *out = arena_alloc(a, s.n + 1);
    if (*out == NULL)
        return nn_nomem(err);
    s = (sink){*out, 0};
    put_tree(&s, node, indent);
    (*out)[s.n] = '\0';
    return NN_OK;
}
