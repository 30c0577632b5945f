#include "emit/emit_way.h"
#include "base/flag_row.h"
#include "table/spec_check.h"

#include <string.h>

enum { PHRASES = 256, PIECES = 400 };

typedef struct {
    const op_model *op;
    const spec_node **texts; /* of phrases */
    size_t n;
    arena *a;
    nn_error *err;
    nn_status status;
} compiler;

static void *room(compiler *c, size_t n, size_t size)
{
    void *p = arena_calloc(c->a, n + 1, size);
    if (p == NULL && c->status == NN_OK)
        c->status = nn_nomem(c->err);
    return p;
}

static int add_phrase(compiler *c, const spec_node *text)
{
    if (c->status == NN_OK && c->n == PHRASES)
        c->status = spec_error(c->err, text->place, "at most %d expressions were expected", PHRASES);
    if (c->status != NN_OK)
        return -1;
    c->texts[c->n] = text;
    return (int)c->n++;
}

static int condition_of(compiler *c, const spec_node *text)
{
    if (c->status == NN_OK && text->kind != SPEC_SCALAR)
        c->status = spec_error(c->err, text->place, "a condition was expected");
    return c->status == NN_OK ? add_phrase(c, text) : -1;
}

/* ---- texts with holes ---- */

/* The hole that begins behind a brace at `from`; *end: behind the closing one. */
static void read_hole(compiler *c, emit_piece *to, const spec_node *node, const char *from, const char **end)
{
    const char *close = from;
    for (bool quoted = false; *close != '\0' && (quoted || *close != '}'); close++)
        quoted ^= *close == '\'';
    if (*close == '\0') {
        c->status = spec_error(c->err, node->place, "`}` was expected behind `{%s`", spec_show(from).s);
        return;
    }
    size_t n = (size_t)(close - from);
    if (n > 2 && from[n - 2] == '!' && from[n - 1] >= 'a' && from[n - 1] <= 'z') {
        to->format = from[n - 1];
        n -= 2;
    }
    spec_node *text = room(c, 1, sizeof *text);
    if (text == NULL)
        return;
    *text = (spec_node){.kind = SPEC_SCALAR, .place = node->place, .text = arena_strndup(c->a, from, n)};
    if (text->text == NULL)
        c->status = nn_nomem(c->err);
    to->phrase = add_phrase(c, text);
    *end = close + 1;
}

static void read_code(compiler *c, emit_way *to, const spec_node *node)
{
    if (c->status == NN_OK && node->kind != SPEC_SCALAR)
        c->status = spec_error(c->err, node->place, "`code`: a text was expected");
    emit_piece *pieces = c->status == NN_OK ? room(c, PIECES, sizeof *pieces) : NULL;
    if (pieces == NULL)
        return;
    char *text = arena_strdup(c->a, node->text), *write = text, *begin = text;
    if (text == NULL) {
        c->status = nn_nomem(c->err);
        return;
    }
    for (const char *s = node->text; c->status == NN_OK;) {
        bool brace = *s == '{' || *s == '}';
        if (brace && s[1] == *s) {
            *write++ = *s;
            s += 2;
            continue;
        }
        if (*s != '\0' && !brace) {
            *write++ = *s++;
            continue;
        }
        emit_piece *p = &pieces[to->n++];
        *p = (emit_piece){.text = begin, .phrase = -1, .place = node->place};
        if (*s == '\0') {
            *write = '\0';
            break;
        }
        if (*s == '}' || to->n == PIECES) {
            c->status = spec_error(c->err, node->place, *s == '}' ? "`}` without `{`; `}}` stands for a brace" : "too many holes");
            break;
        }
        read_hole(c, p, node, s + 1, &s);
        *write++ = '\0'; /* where the brace was */
        begin = write;
    }
    to->pieces = pieces;
}

/* ---- entries ---- */

static void read_constants(compiler *c, emit_way *to, const spec_node *list)
{
    if (c->status != NN_OK || list == NULL)
        return;
    if (list->kind != SPEC_LIST) {
        c->status = spec_error(c->err, list->place, "`constant`: a list of inputs was expected");
        return;
    }
    int *all = room(c, list->count, sizeof *all);
    for (size_t i = 0; c->status == NN_OK && i < list->count; i++) {
        all[i] = -1;
        for (size_t k = 0; k < c->op->n_inputs && list->items[i]->kind == SPEC_SCALAR; k++)
            if (strcmp(c->op->inputs[k].name, list->items[i]->text) == 0)
                all[i] = (int)k;
        if (all[i] >= 0) /* the operator's other versions may have more inputs */
            all[to->n_constants++] = all[i];
    }
    to->constants = all;
}

static void read_gives(compiler *c, emit_way *to, const spec_node *node)
{
    if (c->status != NN_OK || node == NULL)
        return;
    to->all = node->kind == SPEC_SCALAR && strcmp(node->text, "all") == 0;
    if (!to->all && (node->kind != SPEC_SCALAR || !flag_read_number(node->text, &to->gives) || to->gives > OP_MAX_OUTPUTS))
        c->status = spec_error(c->err, node->place, "`gives`: a number of values, or `all` was expected");
}

static void read_way(compiler *c, emit_way *to, const spec_node *map, const spec_node *entry)
{
    static const char *const keys[] = {"if", "constant", "fixed", "gives", "code"};
    spec_subject subject = spec_subject_of("operator", c->op->name);
    *to = (emit_way){.condition = -1, .fixed = -1};
    if (c->status == NN_OK && map != entry)
        c->status = map->kind == SPEC_MAP ? spec_check_keys(map, keys, sizeof keys / sizeof keys[0], &subject, c->err)
                                          : spec_error(c->err, map->place, "a mapping with `code` was expected");
    if (c->status != NN_OK)
        return;
    const spec_node *code = spec_get(map, "code"), *condition = spec_get(map, "if"), *gives = spec_get(map, "gives");
    const spec_node *constant = spec_get(map, "constant"), *fixed = spec_get(map, "fixed");
    fixed = fixed != NULL ? fixed : spec_get(entry, "fixed");
    if (code == NULL) {
        c->status = spec_error(c->err, map->place, "`code` was expected");
        return;
    }
    if (condition != NULL)
        to->condition = condition_of(c, condition);
    if (fixed != NULL)
        to->fixed = condition_of(c, fixed);
    read_constants(c, to, constant != NULL ? constant : spec_get(entry, "constant"));
    read_gives(c, to, gives);
    read_code(c, to, code);
}

static void read_bars(compiler *c, emit_ways *to, const spec_node *map)
{
    if (c->status != NN_OK || map == NULL)
        return;
    if (map->kind != SPEC_MAP) {
        c->status = spec_error(c->err, map->place, "`cannot`: a mapping from reasons to conditions was expected");
        return;
    }
    emit_bar *all = room(c, map->count, sizeof *all);
    for (size_t i = 0; c->status == NN_OK && i < map->count; i++)
        all[i] = (emit_bar){.reason = map->pairs[i].key, .condition = condition_of(c, map->pairs[i].value)};
    to->bars = all;
    to->n_bars = map->count;
}

/* The list of ways under a key; NULL: none. */
static const spec_node *ways_of(compiler *c, const spec_node *entry, const char *key)
{
    const spec_node *list = spec_get(entry, key);
    if (c->status == NN_OK && list != NULL && list->kind != SPEC_LIST)
        c->status = spec_error(c->err, list->place, "`%s`: a list was expected", key);
    return c->status == NN_OK ? list : NULL;
}

static void read_ways(compiler *c, emit_ways *to, const spec_node *entry)
{
    const spec_node *lists[] = {ways_of(c, entry, "first"), ways_of(c, entry, "ways")}, *code = spec_get(entry, "code");
    emit_way *all = room(c, (lists[0] != NULL ? lists[0]->count : 0) + (lists[1] != NULL ? lists[1]->count : 0) + 1, sizeof *all);
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; lists[k] != NULL && i < lists[k]->count && c->status == NN_OK; i++)
            read_way(c, &all[to->n_ways++], lists[k]->items[i], entry);
    if (c->status == NN_OK && code != NULL)
        read_way(c, &all[to->n_ways++], entry, entry);
    to->ways = all;
}

/* The definitions of an entry, with which its expressions are compiled. */
static const spec_node *definitions_of(compiler *c, const spec_node *entry)
{
    static const char *const keys[] = {"like",  "doc",   "versions", "cannot", "constant", "fixed",
                                       "gives", "first", "ways",     "code",   "if"};
    spec_node *map = room(c, 1, sizeof *map);
    spec_pair *pairs = room(c, entry->count, sizeof *pairs);
    spec_subject subject = spec_subject_of("operator", c->op->name);
    if (c->status != NN_OK)
        return NULL;
    *map = (spec_node){.kind = SPEC_MAP, .place = entry->place, .text = "", .pairs = pairs};
    for (size_t i = 0; i < entry->count; i++) {
        const spec_pair *p = &entry->pairs[i];
        if (strncmp(p->key, "let ", 4) == 0 || strncmp(p->key, "def ", 4) == 0)
            pairs[map->count++] = *p;
        else if (c->status == NN_OK) {
            const spec_node one = {.kind = SPEC_MAP, .place = p->place, .text = "", .count = 1, .pairs = (spec_pair *)p};
            c->status = spec_check_keys(&one, keys, sizeof keys / sizeof keys[0], &subject, c->err);
        }
    }
    return map;
}

nn_status emit_ways_new(const emit_ways **out, const emit_program *p, const ref_table *t, int op, arena *a, nn_error *err)
{
    compiler c = {.op = &ref_table_ops(t)->ops[op], .a = a, .err = err, .status = NN_OK};
    const spec_node *entry;
    ref_phrases *phrases = NULL;
    *out = NULL;
    nn_status s = emit_entry(&entry, p, c.op->name, ref_table_ops(t)->table->opset, a, err);
    if (s != NN_OK || entry == NULL)
        return s;
    emit_ways *all = room(&c, 1, sizeof *all);
    c.texts = room(&c, PHRASES, sizeof(const spec_node *));
    if (c.status != NN_OK)
        return c.status;
    all->place = entry->place;
    const spec_node *definitions = definitions_of(&c, entry);
    read_bars(&c, all, spec_get(entry, "cannot"));
    read_ways(&c, all, entry);
    if (c.status == NN_OK)
        c.status = ref_phrases_new(&phrases, t, op, definitions, c.texts, c.n, a, err);
    all->phrases = phrases;
    *out = all;
    return c.status;
}
