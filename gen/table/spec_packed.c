#include "table/spec_packed.h"

#include <string.h>

enum { KIND_BITS = 3, QUOTED = 4, EXACT = 8 };

/* ---- packing ---- */

typedef struct {
    unsigned char *bytes;
    size_t n, capacity;
    bool failed;
    int line; /* of the last place */
} packer;

static void put(packer *p, const void *bytes, size_t n)
{
    void *grown = p->bytes;
    p->failed = p->failed || !nn_grow(&grown, &p->capacity, p->n + n, 1);
    p->bytes = grown;
    if (p->failed || n == 0)
        return;
    memcpy(p->bytes + p->n, bytes, n);
    p->n += n;
}

static void put_number(packer *p, size_t x)
{
    unsigned char byte = x & 0x7f;
    for (; x >> 7 != 0; byte = x & 0x7f) {
        byte |= 0x80;
        put(p, &byte, 1);
        x >>= 7;
    }
    put(p, &byte, 1);
}

static void put_place(packer *p, spec_place place)
{
    int ahead = place.line - p->line;
    put_number(p, ahead < 0 ? 2 * (size_t)-ahead + 1 : 2 * (size_t)ahead);
    put_number(p, (size_t)place.column);
    p->line = place.line;
}

static void put_text(packer *p, const char *text)
{
    size_t n = strlen(text);
    put_number(p, n);
    put(p, text, n + 1);
}

static void put_node(packer *p, const spec_node *node)
{
    unsigned char tag = (unsigned char)(node->kind | (node->quoted ? QUOTED : 0) | (node->exact ? EXACT : 0));
    put(p, &tag, 1);
    put_place(p, node->place);
    if (node->kind == SPEC_SCALAR)
        put_text(p, node->text);
    if (node->kind == SPEC_LIST || node->kind == SPEC_MAP)
        put_number(p, node->count);
    for (size_t i = 0; node->kind == SPEC_LIST && i < node->count; i++)
        put_node(p, node->items[i]);
    for (size_t i = 0; node->kind == SPEC_MAP && i < node->count; i++) {
        put_place(p, node->pairs[i].place);
        put_text(p, node->pairs[i].key);
        put_node(p, node->pairs[i].value);
    }
}

/* How much of each a tree has. */
typedef struct {
    size_t nodes, pairs, items;
} tally;

static void count(tally *t, const spec_node *node)
{
    t->nodes++;
    t->items += node->kind == SPEC_LIST ? node->count : 0;
    t->pairs += node->kind == SPEC_MAP ? node->count : 0;
    for (size_t i = 0; node->kind == SPEC_LIST && i < node->count; i++)
        count(t, node->items[i]);
    for (size_t i = 0; node->kind == SPEC_MAP && i < node->count; i++)
        count(t, node->pairs[i].value);
}

nn_status spec_pack(unsigned char **bytes, size_t *size, const spec_node *root, nn_error *err)
{
    packer p = {.bytes = NULL};
    tally all = {0};
    count(&all, root);
    put_number(&p, all.nodes);
    put_number(&p, all.pairs);
    put_number(&p, all.items);
    put_node(&p, root);
    *bytes = p.bytes;
    *size = p.n;
    if (!p.failed)
        return NN_OK;
    nn_free(p.bytes);
    *bytes = NULL;
    return nn_nomem(err);
}

/* ---- unpacking ---- */

typedef struct {
    const unsigned char *at;
    const char *file;
    int line;         /* of the last place */
    spec_node *nodes; /* what is free of the arrays of the tree */
    spec_pair *pairs;
    const spec_node **items;
} unpacker;

static inline size_t take_number(unpacker *u)
{
    size_t x = *u->at & 0x7f;
    for (int shift = 7; *u->at++ & 0x80; shift += 7)
        x |= (size_t)(*u->at & 0x7f) << shift;
    return x;
}

static inline spec_place take_place(unpacker *u)
{
    size_t ahead = take_number(u);
    u->line += ahead & 1 ? -(int)(ahead >> 1) : (int)(ahead >> 1);
    return (spec_place){u->file, u->line, (int)take_number(u)};
}

static inline const char *take_text(unpacker *u)
{
    size_t n = take_number(u);
    const char *text = (const char *)u->at;
    u->at += n + 1;
    return text;
}

static const spec_node *take_node(unpacker *u)
{
    spec_node *node = u->nodes++;
    unsigned char tag = *u->at++;
    *node = (spec_node){.kind = (spec_kind)(tag & KIND_BITS), .quoted = tag & QUOTED, .exact = tag & EXACT, .text = ""};
    node->place = take_place(u);
    if (node->kind == SPEC_SCALAR) {
        node->text = take_text(u);
    } else if (node->kind == SPEC_LIST) {
        node->count = take_number(u);
        node->items = u->items;
        u->items += node->count;
        for (size_t i = 0; i < node->count; i++)
            node->items[i] = take_node(u);
    } else if (node->kind == SPEC_MAP) {
        node->count = take_number(u);
        node->pairs = u->pairs;
        u->pairs += node->count;
        for (size_t i = 0; i < node->count; i++) {
            spec_pair *pair = &node->pairs[i];
            pair->place = take_place(u);
            pair->key = take_text(u);
            pair->value = take_node(u);
        }
    }
    return node;
}

nn_status spec_unpack(const spec_node **root, const char *file, const unsigned char *bytes, arena *a, nn_error *err)
{
    unpacker u = {.at = bytes, .file = arena_strdup(a, file)};
    size_t nodes = take_number(&u), pairs = take_number(&u), items = take_number(&u);
    u.nodes = arena_alloc(a, nodes * sizeof *u.nodes);
    u.pairs = arena_alloc(a, pairs * sizeof *u.pairs);
    u.items = arena_alloc(a, items * sizeof *u.items);
    *root = NULL;
    if (u.file == NULL || u.nodes == NULL || u.pairs == NULL || u.items == NULL)
        return nn_nomem(err);
    *root = take_node(&u);
    return NN_OK;
}

nn_status spec_file_tree(const spec_node **root, const spec_file *file, arena *a, nn_error *err)
{
    if (file->packed != NULL)
        return spec_unpack(root, file->name, file->packed, a, err);
    return spec_parse(root, file->name, file->bytes, file->size, a, err);
}
