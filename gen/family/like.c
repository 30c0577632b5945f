/* What is learned from existing models: weights, which are how often operators appear in them and follow one another, and their
 * sequences of three and four operators; a manner; the motifs that they share. */
#include "family/family.h"
#include "base/file_read.h"
#include "base/json_line.h"
#include "mine/mine_find.h"
#include "mine/mine_usages.h"
#include "mine/mine_walks.h"
#include "mine/mine_yaml.h"
#include "onnx/onnx_find.h"
#include "onnx/onnx_view.h"
#include "rules/opfilter.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEQUENCES_MOST 8192 /* the most frequent ones */
#define MOTIFS_MOST 64      /* of each size: the most valuable ones */
#define PAIR_SCALE 100000   /* the weight of a pair is 100 times its share of the nodes of the second operator */

typedef struct unknown {
    struct unknown *next;
    const char *op;
    uint64_t nodes;
} unknown;

typedef struct {
    const op_set *ops;
    arena mem;
    uint64_t *nodes, *pairs; /* by operator; by pair */
    unknown *unknown;        /* by name */
    mine_walks walks;
    mine_models kept;
    uint64_t models, skipped;
    dtype_mask inputs; /* types of graph inputs */
    const nn_like_listener *tell;
} tally;

/* ---- one model ---- */

static bool note_unknown(tally *t, const char *op)
{
    unknown **at = &t->unknown;
    while (*at != NULL && strcmp((*at)->op, op) < 0)
        at = &(*at)->next;
    if (*at == NULL || strcmp((*at)->op, op) != 0) {
        unknown *u = arena_alloc(&t->mem, sizeof *u);
        if (u == NULL)
            return false;
        *u = (unknown){.next = *at, .op = arena_strdup(&t->mem, op)};
        if (u->op == NULL)
            return false;
        *at = u;
    }
    (*at)->nodes++;
    return true;
}

static bool count_model(tally *t, const onnx_view *v)
{
    for (size_t i = 0; i < v->n_inputs; i++) /* those of bodies are not the model's */
        t->inputs |= dtype_bit(v->tensors[v->input_tensors[i]].type);
    for (size_t i = 0; i < v->n_nodes; i++) {
        const onnx_view_node *n = &v->nodes[i];
        int op = op_find(t->ops, n->op);
        if (op < 0) {
            if (!n->holds && !note_unknown(t, n->op)) /* what is inside counts instead */
                return false;
            continue;
        }
        t->nodes[op]++;
        for (uint32_t k = 0; k < n->n_readers; k++) {
            int reader = op_find(t->ops, v->nodes[v->readers[n->first_reader + k]].op);
            if (reader >= 0)
                t->pairs[(size_t)op * t->ops->n_ops + (size_t)reader]++;
        }
    }
    t->models++;
    return mine_walks_add(&t->walks, v);
}

/* ---- files ---- */

static void skip(void *data, const nn_error *problem)
{
    tally *t = data;
    t->skipped++;
    if (t->tell->skipped != NULL)
        t->tell->skipped(t->tell->data, problem->file, problem->message);
}

static nn_status count_file(void *data, int folder, const char *entry, const char *path, const char *below, nn_error *err)
{
    tally *t = data;
    onnx_view v;
    nn_error problem = {0};
    nn_status s = onnx_view_file_whole(&v, folder, entry, path, &problem);
    if (s == NN_ERR_IO) {
        skip(t, &problem);
        return NN_OK;
    }
    if (s != NN_OK)
        return nn_nomem(err);
    if (count_model(t, &v))
        return mine_models_add(&t->kept, below, &v) ? NN_OK : nn_nomem(err);
    onnx_view_free(&v);
    return nn_nomem(err);
}

/* ---- weights ---- */

static void put_weight(json_line *out, uint64_t thousandths)
{
    char text[40];
    (void)snprintf(text, sizeof text, " %llu.%03llu\n", (unsigned long long)(thousandths / 1000),
                   (unsigned long long)(thousandths % 1000));
    line_raw(out, text);
}

static void put_operator(json_line *out, const tally *t, size_t a)
{
    size_t n = t->ops->n_ops;
    bool any = false;
    for (size_t b = 0; b < n; b++)
        any |= t->pairs[a * n + b] > 0;
    if (any) {
        line_raw(out, t->ops->ops[a].name);
        line_raw(out, ",* 0\n");
    }
    for (size_t b = 0; b < n; b++) {
        uint64_t count = t->pairs[a * n + b];
        if (count == 0 || t->nodes[b] == 0)
            continue;
        uint64_t share = (uint64_t)((unsigned __int128)count * PAIR_SCALE / t->nodes[b]);
        line_raw(out, t->ops->ops[a].name);
        line_raw(out, ",");
        line_raw(out, t->ops->ops[b].name);
        put_weight(out, share > 10000000 ? 10000000 : share > 0 ? share : 1);
    }
}

typedef struct {
    uint64_t nodes;
    uint32_t walk;
} ranked;

static int by_nodes(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    return x->nodes != y->nodes ? (x->nodes > y->nodes ? -1 : 1) : x->walk < y->walk ? -1 : x->walk > y->walk;
}

/* Writes the sequences of four operators, and those of three that are in none of them. The weight of a sequence is the number of
 * nodes at which it ends. */
static bool put_sequences(json_line *out, tally *t)
{
    const mine_walks *w = &t->walks;
    size_t n = 0;
    if (!mine_walks_mark(&t->walks))
        return false;
    ranked *r = nn_calloc(w->n + 1, sizeof *r);
    for (uint32_t i = 0; r != NULL && i < w->n; i++)
        if (w->all[i].length >= 3 && !w->all[i].continues)
            r[n++] = (ranked){w->all[i].nodes, i};
    if (n > 0)
        qsort(r, n, sizeof *r, by_nodes);
    for (size_t i = 0; i < n && i < SEQUENCES_MOST; i++) {
        uint16_t ops[MINE_WALK_LENGTH];
        size_t length = mine_walks_ops(w, r[i].walk, ops);
        for (size_t k = 0; k < length; k++) {
            line_raw(out, k > 0 ? "," : "");
            line_raw(out, t->ops->ops[ops[k]].name);
        }
        line_raw(out, " ");
        line_int(out, (int64_t)(r[i].nodes < 10000 ? r[i].nodes : 10000));
        line_raw(out, "\n");
    }
    nn_free(r);
    return r != NULL;
}

/* The weight of an operator is its share of all nodes in thousandths, at least one. The weight of a pair is relative to the nodes
 * of the second operator, because that operator's own weight is applied when it is drawn. */
static bool put_all(json_line *out, tally *t)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < t->ops->n_ops; i++)
        sum += t->nodes[i];
    line_raw(out, "* 0\n");
    for (size_t i = 0; i < t->ops->n_ops; i++) {
        if (t->nodes[i] == 0)
            continue;
        uint64_t share = (uint64_t)((unsigned __int128)t->nodes[i] * 1000000 / sum);
        line_raw(out, t->ops->ops[i].name);
        put_weight(out, share > 0 ? share : 1);
    }
    for (size_t i = 0; i < t->ops->n_ops; i++)
        if (t->nodes[i] > 0)
            put_operator(out, t, i);
    return put_sequences(out, t);
}

/* ---- motifs ---- */

/* Whether the family can place the motif. Texts of unknown models are not trusted to make motifs that the language accepts. */
static nn_status is_motif(bool *is, const tally *t, const char *text, size_t n, nn_error *err)
{
    motif_set *set = NULL;
    nn_error why = {0};
    const spec_file file = {.name = "like", .bytes = text, .size = n};
    nn_status s = motif_set_new(&set, t->ops, NULL, &file, 1, &why);
    *is = s == NN_OK && motif_count(set) == 1 && motif_left_out(set, 0) == NULL;
    motif_set_free(set);
    return s == NN_ERR_NOMEM ? nn_nomem(err) : NN_OK;
}

static nn_status put_motif(json_line *out, const tally *t, const mine_subgraph *g, size_t *n, nn_error *err)
{
    static const char head[] = "motifs:\n";
    char name[40];
    json_line one = {.bytes = NULL};
    bool is = false;
    nn_status s = NN_OK;
    (void)snprintf(name, sizeof name, "like_%02zu", *n + 1);
    line_raw(&one, head);
    if (mine_put_motif(&one, &t->kept, g->parts, g->n, g->models, name) && !one.failed)
        s = is_motif(&is, t, one.bytes, one.size, err);
    if (is) {
        line_raw(out, *n == 0 ? "---\nmotifs:\n" : "");
        line_text(out, one.bytes + sizeof head - 1, one.size - sizeof head + 1);
        ++*n;
    }
    out->failed |= one.failed;
    nn_free(one.bytes);
    return s;
}

static bool is_among(const mine_found *f, uint64_t hash)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->all[i].hash == hash)
            return true;
    return false;
}

/* Writes the motifs that models share, or those of a single model: large ones, then small ones, which fit into small models. */
static nn_status put_motifs(json_line *out, const tally *t, nn_error *err)
{
    static const uint32_t nodes[] = {10, 4};
    mine_found found[2] = {{.n = 0}};
    size_t written = 0;
    nn_status s = NN_OK;
    for (size_t k = 0; k < 2 && s == NN_OK; k++) {
        if (!mine_find(&found[k], &t->kept, t->models > 1 ? 2 : 1, nodes[k], MOTIFS_MOST))
            s = nn_nomem(err);
        for (size_t i = 0; i < found[k].n && s == NN_OK; i++)
            if (k == 0 || !is_among(&found[0], found[k].all[i].hash))
                s = put_motif(out, t, &found[k].all[i], &written, err);
    }
    for (size_t k = 0; k < 2; k++)
        mine_found_free(&found[k]);
    return s;
}

static nn_status finish(char **text, tally *t, const char *dir, nn_error *err)
{
    json_line out = {.bytes = NULL};
    bool any = false;
    for (size_t i = 0; i < t->ops->n_ops; i++)
        any |= t->nodes[i] > 0;
    if (t->models == 0 && t->skipped > 0)
        return nn_fail(err, NN_ERR_IO, dir, 0, 0, "none of its .onnx files can be read");
    if (t->models == 0)
        return nn_fail(err, NN_ERR_USAGE, dir, 0, 0, "contains no .onnx file");
    if (!any)
        return nn_fail(err, NN_ERR_USAGE, dir, 0, 0, "none of the operators of its models is in the table");
    bool complete = put_all(&out, t);
    line_raw(&out, "---\n");
    complete = complete && mine_put_manner(&out, &t->kept) && put_motifs(&out, t, err) == NN_OK;
    *text = !complete || out.failed ? NULL : nn_malloc(out.size + 1);
    if (*text != NULL) {
        memcpy(*text, out.bytes, out.size);
        (*text)[out.size] = '\0';
    }
    nn_free(out.bytes);
    return *text != NULL ? NN_OK : nn_nomem(err);
}

/* Tells the types of graph inputs that the table was opened without. */
static void tell_types(const tally *t)
{
    char list[200] = "";
    for (int k = 1; k < DT_COUNT; k++)
        if (k != DT_STRING && (t->inputs & ~t->ops->asked) >> k & 1) {
            size_t n = strlen(list);
            (void)snprintf(list + n, sizeof list - n, "%s%s", n > 0 ? "," : "", dtype_name((dtype)k));
        }
    if (*list != '\0' && t->tell->types != NULL)
        t->tell->types(t->tell->data, list);
}

static void tell_unknown(const tally *t)
{
    for (const unknown *u = t->unknown; t->tell->unknown != NULL && u != NULL; u = u->next) {
        char why[400];
        if (!op_set_reason(t->ops, u->op, strlen(u->op), why, sizeof why))
            (void)snprintf(why, sizeof why, "is not in the table");
        t->tell->unknown(t->tell->data, u->op, u->nodes, why);
    }
}

nn_status nn_weights_like(char **text, const char *dir, const nn_table *table, const nn_like_listener *listener, nn_error *err)
{
    static const nn_like_listener nobody = {.data = NULL};
    if (text == NULL)
        return nn_no_result(err);
    *text = NULL;
    if (table == NULL || dir == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no %s was given", table == NULL ? "table" : "directory");
    tally t = {.ops = table->ops, .kept = {.ops = table->ops}, .tell = listener != NULL ? listener : &nobody};
    size_t n = t.ops->n_ops;
    if (op_pairs_fit(t.ops, "--like", err) != NN_OK)
        return NN_ERR_USAGE;
    arena_init(&t.mem, 0);
    mine_walks_init(&t.walks, t.ops);
    t.nodes = arena_calloc(&t.mem, n + 1, sizeof *t.nodes);
    t.pairs = arena_calloc(&t.mem, n * n + 1, sizeof *t.pairs);
    nn_status s = t.nodes != NULL && t.pairs != NULL ? onnx_find(dir, count_file, skip, &t, err) : nn_nomem(err);
    if (s == NN_OK)
        s = finish(text, &t, dir, err);
    if (s == NN_OK) {
        tell_unknown(&t);
        tell_types(&t);
    }
    mine_walks_free(&t.walks);
    mine_models_free(&t.kept);
    arena_free(&t.mem);
    return s;
}

typedef struct {
    nn_unknown_fn *fn;
    void *data;
} unknown_only;

static void without_why(void *data, const char *op, uint64_t nodes, const char *why)
{
    const unknown_only *u = data;
    (void)why;
    u->fn(u->data, op, nodes);
}

nn_status nn_weights_learn(char **text, const char *dir, const nn_table *table, nn_unknown_fn *unknown_op, void *unknown_data,
                           nn_error *err)
{
    unknown_only u = {unknown_op, unknown_data};
    const nn_like_listener listener = {.unknown = unknown_op != NULL ? without_why : NULL, .data = &u};
    return nn_weights_like(text, dir, table, &listener, err);
}

/* Whether a text has only white space and comments. */
static bool says_nothing(const char *text)
{
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n') {
        at += strspn(at, " \t\r");
        if (*at != '#' && *at != '\n' && *at != '\0')
            return false;
    }
    return true;
}

nn_status nn_weights_read(char **text, const char *path, nn_error *err)
{
    if (text == NULL)
        return nn_no_result(err);
    *text = NULL;
    if (path == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no file was given");
    file_bytes file = {.bytes = NULL};
    nn_status s = file_read(&file, AT_FDCWD, path, 0, INT32_MAX, path, err);
    if (s == NN_OK && strlen(file.bytes) != file.n)
        s = nn_fail(err, NN_ERR_IO, path, 0, 0, "is not text");
    else if (s == NN_OK && says_nothing(file.bytes))
        s = nn_fail(err, NN_ERR_USAGE, path, 0, 0, "has no weights; expected lines such as Conv 2.5 or Conv,Relu 4");
    if (s == NN_OK)
        *text = file.bytes;
    else
        file_bytes_free(&file);
    return s;
}

void nn_text_free(char *text)
{
    nn_free(text);
}
