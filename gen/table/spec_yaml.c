/* YAML bytes to a tree, from libyaml's events. An explicit stack bounds depth; bytes are checked before libyaml sees them. */
#include "table/spec_yaml.h"
#include "base/nearest.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

typedef struct {
    bool map;
    spec_place place;
    const char *key; /* in a map: the key that waits for its value, NULL between pairs */
    spec_place key_place;
    size_t base; /* its children start here in `pending` */
} frame;

typedef struct {
    yaml_parser_t yaml;
    const char *file; /* copied */
    const char *bytes;
    size_t size;
    size_t at, at_char; /* a byte offset and the number of characters before it */
    arena *a;
    nn_error *err;
    frame frames[SPEC_MAX_DEPTH];
    size_t depth;
    spec_pair *pending; /* children of all open collections */
    size_t n_pending, capacity;
    size_t nodes;
    const spec_node *root;
} parser;

nn_status spec_error(nn_error *err, spec_place place, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    nn_status s = nn_vfail(err, NN_ERR_TABLE, place.file, place.line, place.column, fmt, ap);
    va_end(ap);
    return s;
}

const spec_pair *spec_get_pair(const spec_node *map, const char *key)
{
    if (map == NULL || map->kind != SPEC_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (map->pairs[i].key[0] == key[0] && strcmp(map->pairs[i].key, key) == 0)
            return &map->pairs[i];
    return NULL;
}

const spec_node *spec_get(const spec_node *map, const char *key)
{
    const spec_pair *p = spec_get_pair(map, key);
    return p != NULL ? p->value : NULL;
}

/* ---- bytes ---- */

/* Length of the UTF-8 sequence at s (at most n bytes) and its code point; 0 if it is not valid (RFC 3629). */
static size_t decode(const unsigned char *s, size_t n, uint32_t *point)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : (s[0] & 0xf8) == 0xf0 ? 4 : 0;
    if (len == 0 || len > n)
        return 0;
    uint32_t c = len == 1 ? s[0] : s[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3fu);
    }
    if (c < smallest[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *point = c;
    return len;
}

static bool is_control(uint32_t c)
{
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7f && c < 0xa0 && c != 0x85);
}

/* Rejects NUL, other control characters and bytes that are not UTF-8. Lines end as in YAML 1.1. */
static nn_status check_bytes(const parser *p)
{
    const unsigned char *s = (const unsigned char *)p->bytes;
    spec_place at = {p->file, 1, 1};
    for (size_t i = 0; i < p->size;) {
        uint32_t c;
        size_t len = decode(s + i, p->size - i, &c);
        if (len == 0)
            return spec_error(p->err, at, "byte 0x%02X is not valid UTF-8: a table is UTF-8 text", (unsigned)s[i]);
        if (c == 0)
            return spec_error(p->err, at, "NUL byte: a table is UTF-8 text");
        if (is_control(c) || c == 0xfffe || c == 0xffff)
            return spec_error(p->err, at, "character U+%04X is not allowed: a table is printable text", (unsigned)c);
        i += len;
        if (c == '\n' || (c == '\r' && (i == p->size || s[i] != '\n')) || c == 0x85 || c == 0x2028 || c == 0x2029) {
            at.line++;
            at.column = 1;
        } else {
            at.column++;
        }
    }
    return NN_OK;
}

/* The byte of the file at a mark; marks count characters and never go back. */
static char byte_at(parser *p, const yaml_mark_t *mark)
{
    for (; p->at_char < mark->index && p->at < p->size; p->at_char++)
        do
            p->at++;
        while (p->at < p->size && ((unsigned char)p->bytes[p->at] & 0xc0) == 0x80);
    return p->at < p->size ? p->bytes[p->at] : '\0';
}

/* ---- tree ---- */

static spec_place place_of(const parser *p, const yaml_mark_t *mark)
{
    return (spec_place){p->file, (int)mark->line + 1, (int)mark->column + 1};
}

static spec_node *new_node(parser *p, spec_kind kind, spec_place place)
{
    spec_node *n = arena_calloc(p->a, 1, sizeof *n);
    if (n == NULL) {
        nn_nomem(p->err);
        return NULL;
    }
    n->kind = kind;
    n->place = place;
    n->text = "";
    return n;
}

static int by_key(const void *x, const void *y)
{
    const spec_pair *a = *(const spec_pair *const *)x, *b = *(const spec_pair *const *)y;
    int c = strcmp(a->key, b->key);
    return c != 0 ? c : (a > b) - (a < b);
}

/* Pairs are in one array, so that their addresses have the order of the file. */
static nn_status check_unique(parser *p, const spec_pair *pairs, size_t n)
{
    if (n < 2)
        return NN_OK;
    const spec_pair *few[16], **sorted = few;
    if (n > 16 && (sorted = nn_malloc(n * sizeof *sorted)) == NULL)
        return nn_nomem(p->err);
    for (size_t i = 0; i < n; i++)
        sorted[i] = &pairs[i];
    qsort(sorted, n, sizeof *sorted, by_key);
    const spec_pair *first = NULL, *again = NULL;
    for (size_t i = 1; i < n; i++)
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0 && (again == NULL || sorted[i] < again)) {
            first = sorted[i - 1];
            again = sorted[i];
        }
    if (sorted != few)
        nn_free(sorted);
    if (again == NULL)
        return NN_OK;
    return spec_error(p->err, again->place, "duplicate key `%s`: it is already at line %d, column %d", spec_show(again->key).s,
                      first->place.line, first->place.column);
}

/* Adds a finished node to the open collection; without one it is the root. */
static nn_status add(parser *p, const spec_node *node)
{
    if (p->depth == 0) {
        p->root = node;
        return NN_OK;
    }
    void *grown = p->pending;
    if (p->n_pending == p->capacity && !nn_grow(&grown, &p->capacity, p->n_pending + 1, sizeof *p->pending))
        return nn_nomem(p->err);
    p->pending = grown;
    frame *f = &p->frames[p->depth - 1];
    p->pending[p->n_pending++] = (spec_pair){f->key, f->key_place, node};
    f->key = NULL;
    return NN_OK;
}

static nn_status open_collection(parser *p, spec_place at, bool map)
{
    if (p->depth == SPEC_MAX_DEPTH)
        return spec_error(p->err, at, "nested more than %d levels deep", SPEC_MAX_DEPTH);
    p->frames[p->depth++] = (frame){.map = map, .place = at, .base = p->n_pending};
    return NN_OK;
}

static nn_status close_collection(parser *p)
{
    frame f = p->frames[--p->depth];
    size_t n = p->n_pending - f.base;
    const spec_pair *children = n > 0 ? p->pending + f.base : NULL;
    spec_node *node = new_node(p, f.map ? SPEC_MAP : SPEC_LIST, f.place);
    if (node == NULL)
        return NN_ERR_NOMEM;
    node->count = n;
    if (f.map) {
        node->pairs = arena_alloc(p->a, n * sizeof *node->pairs);
        if (node->pairs == NULL)
            return nn_nomem(p->err);
        if (n > 0)
            memcpy(node->pairs, children, n * sizeof *children);
        nn_status s = check_unique(p, node->pairs, n);
        if (s != NN_OK)
            return s;
    } else {
        node->items = arena_alloc(p->a, n * sizeof *node->items);
        if (node->items == NULL)
            return nn_nomem(p->err);
        for (size_t i = 0; i < n; i++)
            node->items[i] = children[i].value;
    }
    p->n_pending = f.base;
    return add(p, node);
}

/* Escapes can bring in characters that the file itself may not have. */
static nn_status check_text(const parser *p, spec_place at, const unsigned char *s, size_t n, size_t *characters)
{
    *characters = 0;
    for (size_t i = 0; i < n; ++*characters) {
        uint32_t c;
        size_t len = decode(s + i, n - i, &c);
        if (len == 0)
            return spec_error(p->err, at, "text with an escape that is not a character");
        if (c == 0)
            return spec_error(p->err, at, "text with a NUL character");
        if (is_control(c) || c == '\r')
            return spec_error(p->err, at, "text with the control character U+%04X", (unsigned)c);
        i += len;
    }
    return NN_OK;
}

static nn_status take_scalar(parser *p, const yaml_event_t *e, spec_place at)
{
    const char *text = (const char *)e->data.scalar.value;
    size_t length = e->data.scalar.length, characters;
    nn_status s = check_text(p, at, e->data.scalar.value, length, &characters);
    if (s != NN_OK)
        return s;
    bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    frame *f = p->depth > 0 ? &p->frames[p->depth - 1] : NULL;
    if (f != NULL && f->map && f->key == NULL) {
        if (plain && strcmp(text, "<<") == 0)
            return spec_error(p->err, at, "merge key `<<` is not supported: use `like` to inherit");
        if (length == 0)
            return spec_error(p->err, at, "empty key: expected a name before `:`");
        f->key_place = at;
        f->key = arena_strndup(p->a, text, length);
        return f->key != NULL ? NN_OK : nn_nomem(p->err);
    }
    bool null = plain && (length == 0 || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
    spec_node *node = new_node(p, null ? SPEC_NULL : SPEC_SCALAR, at);
    if (node == NULL)
        return NN_ERR_NOMEM;
    if (!null) {
        const yaml_mark_t *from = &e->start_mark, *to = &e->end_mark;
        bool quotes =
            e->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE || e->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
        node->quoted = !plain;
        node->exact = (plain || quotes) && from->line == to->line && to->index - from->index == characters + (quotes ? 2 : 0);
        node->text = arena_strndup(p->a, text, length);
        if (node->text == NULL)
            return nn_nomem(p->err);
    }
    return add(p, node);
}

/* ---- events ---- */

static nn_status yaml_failure(const parser *p)
{
    const yaml_parser_t *y = &p->yaml;
    if (y->error == YAML_MEMORY_ERROR)
        return nn_nomem(p->err);
    const char *problem = y->problem != NULL ? y->problem : "unreadable input";
    spec_place at = place_of(p, &y->problem_mark);
    if (y->context == NULL)
        return spec_error(p->err, at, "not valid YAML: %s", problem);
    if (y->context_mark.index == y->problem_mark.index)
        return spec_error(p->err, at, "not valid YAML: %s %s", problem, y->context);
    return spec_error(p->err, at, "not valid YAML: %s %s that starts at line %d, column %d", problem, y->context,
                      (int)y->context_mark.line + 1, (int)y->context_mark.column + 1);
}

static nn_status refuse_decoration(parser *p, const yaml_event_t *e, spec_place at, const yaml_char_t *anchor,
                                   const yaml_char_t *tag)
{
    if (anchor != NULL)
        return spec_error(p->err, at, "anchor `&%s` is not supported: use `like` to inherit", spec_show((const char *)anchor).s);
    /* libyaml drops the tag "!", so the file itself must be looked at. */
    if (tag != NULL || byte_at(p, &e->start_mark) == '!')
        return spec_error(p->err, at, "tag `%s` is not supported: expected text, a list or a mapping",
                          spec_show(tag != NULL ? (const char *)tag : "!").s);
    return NN_OK;
}

/* Counts a node that begins, and checks that it is allowed here. */
static nn_status begin_node(parser *p, const yaml_event_t *e, spec_place at)
{
    if (++p->nodes > SPEC_MAX_NODES)
        return spec_error(p->err, at, "more than %d values in one file", SPEC_MAX_NODES);
    if (e->type == YAML_ALIAS_EVENT)
        return spec_error(p->err, at, "alias `*%s` is not supported: use `like` to inherit",
                          spec_show((const char *)e->data.alias.anchor).s);
    nn_status s = NN_OK;
    if (e->type == YAML_SCALAR_EVENT)
        s = refuse_decoration(p, e, at, e->data.scalar.anchor, e->data.scalar.tag);
    else if (e->type == YAML_SEQUENCE_START_EVENT)
        s = refuse_decoration(p, e, at, e->data.sequence_start.anchor, e->data.sequence_start.tag);
    else
        s = refuse_decoration(p, e, at, e->data.mapping_start.anchor, e->data.mapping_start.tag);
    if (s != NN_OK)
        return s;
    const frame *f = p->depth > 0 ? &p->frames[p->depth - 1] : NULL;
    if (f != NULL && f->map && f->key == NULL && e->type != YAML_SCALAR_EVENT)
        return spec_error(p->err, at, "a key must be text, not %s", e->type == YAML_MAPPING_START_EVENT ? "a mapping" : "a list");
    return NN_OK;
}

static nn_status take_document(const parser *p, const yaml_event_t *e, spec_place at)
{
    if (p->root != NULL)
        return spec_error(p->err, at, "a second document begins: expected one document in a file");
    if (e->data.document_start.tag_directives.start != e->data.document_start.tag_directives.end)
        return spec_error(p->err, at, "directive %%TAG is not supported");
    return NN_OK;
}

static nn_status take_event(parser *p, const yaml_event_t *e)
{
    spec_place at = place_of(p, &e->start_mark);
    nn_status s;
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        return take_document(p, e, at);
    case YAML_ALIAS_EVENT:
    case YAML_SCALAR_EVENT:
        s = begin_node(p, e, at);
        return s == NN_OK ? take_scalar(p, e, at) : s;
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        s = begin_node(p, e, at);
        return s == NN_OK ? open_collection(p, at, e->type == YAML_MAPPING_START_EVENT) : s;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_collection(p);
    default:
        return NN_OK;
    }
}

static nn_status run(parser *p)
{
    for (;;) {
        yaml_event_t e;
        if (!yaml_parser_parse(&p->yaml, &e))
            return yaml_failure(p);
        bool end = e.type == YAML_STREAM_END_EVENT;
        nn_status s = take_event(p, &e);
        yaml_event_delete(&e);
        if (s != NN_OK || end)
            return s;
    }
}

nn_status spec_parse(const spec_node **out, const char *file, const char *bytes, size_t n, arena *a, nn_error *err)
{
    *out = NULL;
    parser p = {.file = arena_strdup(a, file), .bytes = bytes, .size = n, .a = a, .err = err};
    if (p.file == NULL)
        return nn_nomem(err);
    if (n > SPEC_MAX_BYTES)
        return spec_error(err, (spec_place){p.file, 0, 0}, "larger than %u bytes", SPEC_MAX_BYTES);
    if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark does not count as a character of the first line */
        p.bytes += 3;
        p.size -= 3;
    }
    nn_status s = check_bytes(&p);
    if (s != NN_OK)
        return s;
    if (!yaml_parser_initialize(&p.yaml))
        return nn_nomem(err);
    yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p.yaml, (const unsigned char *)p.bytes, p.size);
    s = run(&p);
    yaml_parser_delete(&p.yaml);
    nn_free(p.pending);
    if (s == NN_OK && p.root == NULL && (p.root = new_node(&p, SPEC_NULL, (spec_place){p.file, 1, 1})) == NULL)
        s = NN_ERR_NOMEM;
    if (s == NN_OK)
        *out = p.root;
    return s;
}

/* ---- words in messages ---- */

spec_word spec_show(const char *text)
{
    spec_word w;
    const size_t most = sizeof w.s - 4;
    size_t n = strlen(text);
    bool cut = n > most;
    if (cut)
        for (n = most; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--;
    for (size_t i = 0; i < n; i++)
        w.s[i] = (unsigned char)text[i] < 0x20 ? ' ' : text[i];
    memcpy(w.s + n, "...", 4);
    if (!cut)
        w.s[n] = '\0';
    return w;
}

bool spec_is_name(const char *text)
{
    size_t n = 0;
    for (; text[n] != '\0'; n++) {
        char c = text[n];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (n == 0 || c < '0' || c > '9'))
            return false;
    }
    return n > 0 && n <= SPEC_MAX_NAME;
}

#define NEAR_MAX 40

const char *spec_nearest(const char *word, const char *const *names, size_t n)
{
    size_t length = strlen(word);
    if (length == 0 || length > NEAR_MAX)
        return NULL;
    size_t best = (length + 2) / 3 < 4 ? (length + 2) / 3 : 4;
    best++; /* the search is for a distance below this */
    const char *found = NULL;
    for (size_t i = 0; i < n; i++) {
        size_t k = strlen(names[i]);
        if (k > NEAR_MAX || k + best <= length || length + best <= k)
            continue;
        size_t d = word_distance(word, names[i], best);
        if (d < best && d < (k > length ? k : length)) {
            best = d;
            found = names[i];
        }
    }
    return found;
}
