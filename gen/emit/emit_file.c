#include "emit/emit_file.h"

#include <string.h>

static const char *const words[BLOCKS] = {"arrays", "build",      "helpers", "weights",   "body",    "inputs",       "expected",
                                          "title",  "parameters", "results", "signature", "dynamic", "specification"};

void emit_file_free(emit_file *f)
{
    for (size_t i = 0; i < BLOCKS; i++)
        nn_free(f->blocks[i].bytes);
    *f = (emit_file){.blocks = {{.bytes = NULL}}};
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_';
}

static int find_block(const char *word, size_t n)
{
    for (int i = 0; i < BLOCKS; i++)
        if (strlen(words[i]) == n && strncmp(words[i], word, n) == 0)
            return i;
    return -1;
}

bool emit_file_has(const emit_program *p, emit_block b)
{
    size_t n = strlen(words[b]);
    for (const char *s = strchr(p->file, '@'); s != NULL; s = strchr(s + 1, '@')) {
        const char *word = s[1] == '{' ? s + 2 : s + 1;
        if (strncmp(word, words[b], n) == 0 && !is_letter(word[n]))
            return true;
    }
    return false;
}

/* The text with an indentation before each line that is not empty. */
static void put_indented(json_line *out, const char *text, size_t n, size_t indent)
{
    while (n > 0 && text[n - 1] == '\n')
        n--;
    for (size_t i = 0; i < n;) {
        const char *end = memchr(text + i, '\n', n - i);
        size_t length = end != NULL ? (size_t)(end - text) - i : n - i;
        for (size_t k = 0; k < indent && length > 0; k++)
            line_raw(out, " ");
        line_text(out, text + i, length);
        line_raw(out, "\n");
        i += length + 1;
    }
}

typedef struct {
    const emit_file *f;
    const emit_program *p;
    json_line *out;
    nn_error *err;
} writing;

static nn_status unknown(const writing *w, const char *word, size_t n)
{
    return nn_fail(w->err, NN_ERR_TABLE, NULL, 0, 0, "program %.40s: file: `@%.*s` is unknown", w->p->name, (int)(n > 40 ? 40 : n),
                   word);
}

static nn_status put_part(const writing *w, const char *word, size_t n, size_t indent)
{
    int block = find_block(word, n);
    if (block >= 0) {
        const json_line *b = &w->f->blocks[block];
        put_indented(w->out, b->bytes != NULL ? b->bytes : "", b->size, indent);
        return NN_OK;
    }
    for (size_t i = 0; w->p->parts != NULL && i < w->p->parts->count; i++) {
        const spec_pair *part = &w->p->parts->pairs[i];
        if (strlen(part->key) == n && strncmp(part->key, word, n) == 0) {
            put_indented(w->out, part->value->text, strlen(part->value->text), indent);
            return NN_OK;
        }
    }
    return unknown(w, word, n);
}

static nn_status put_line(const writing *w, const char *line, size_t n)
{
    size_t indent = 0, at = 0;
    while (indent < n && line[indent] == ' ')
        indent++;
    size_t end = indent + 1;
    while (end < n && is_letter(line[end]))
        end++;
    if (indent < n && line[indent] == '@' && end == n && end > indent + 1)
        return put_part(w, line + indent + 1, n - indent - 1, indent);
    while (at < n) {
        if (line[at] != '@' || at + 1 >= n || line[at + 1] != '{') {
            line_text(w->out, line + at++, 1);
            continue;
        }
        const char *word = line + at + 2, *close = memchr(word, '}', n - at - 2);
        int block = close != NULL ? find_block(word, (size_t)(close - word)) : -1;
        if (block < 0)
            return unknown(w, line + at + 1, n - at - 1);
        line_text(w->out, w->f->blocks[block].bytes != NULL ? w->f->blocks[block].bytes : "", w->f->blocks[block].size);
        at = (size_t)(close - line) + 1;
    }
    line_raw(w->out, "\n");
    return NN_OK;
}

/* No more than two empty lines stay. */
static void trim(json_line *out, size_t before)
{
    size_t to = before, newlines = 0;
    for (size_t i = before; i < out->size; i++) {
        newlines = out->bytes[i] == '\n' ? newlines + 1 : 0;
        if (newlines <= 3)
            out->bytes[to++] = out->bytes[i];
    }
    out->size = to;
}

nn_status emit_file_write(json_line *out, const emit_file *f, const emit_program *p, nn_error *err)
{
    const writing w = {.f = f, .p = p, .out = out, .err = err};
    nn_status s = NN_OK;
    size_t before = out->size;
    bool failed = false;
    for (const char *line = p->file; s == NN_OK && *line != '\0';) {
        size_t n = strcspn(line, "\n");
        s = put_line(&w, line, n);
        line += n + (line[n] == '\n');
    }
    for (size_t i = 0; i < BLOCKS; i++)
        failed = failed || f->blocks[i].failed;
    if (s == NN_OK && (out->failed || failed))
        return nn_nomem(err);
    if (s == NN_OK)
        trim(out, before);
    return s;
}
