#include "plan/guide.h"
#include "build/path_probe.h"
#include "rules/opfilter.h"

#include <stdio.h>
#include <string.h>

#define CONTAIN_EFFORT 30
#define PAIR_TRIES 2000
#define PATH_TRIES 20000

/* ---- sequences ---- */

typedef nn_status take_fn(guide *g, const char *flag, const uint16_t *ops, size_t n, nn_error *err);

/* Reads one sequence; *at moves past it. */
static nn_status read_sequence(const op_set *set, const char *flag, const char **at, uint16_t *ops, size_t *n, nn_error *err)
{
    const char *p = *at, *end = p + strcspn(p, ";");
    *n = 0;
    for (;;) {
        while (*p == ' ')
            p++;
        const char *stop = p + strcspn(p, ",;"), *next = stop;
        while (stop > p && stop[-1] == ' ')
            stop--;
        nn_error inner;
        int op;
        if (*n == DUE_PATH_MAX)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s %.60s: a sequence has at most %d operators", flag, *at, DUE_PATH_MAX);
        if (op_set_find(set, p, (size_t)(stop - p), &op, &inner) != NN_OK)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s %.*s: %.300s", flag, (int)(end - *at < 80 ? end - *at : 80), *at,
                           inner.message);
        ops[(*n)++] = (uint16_t)op;
        if (next == end)
            break;
        p = next + 1;
    }
    *at = *end == ';' ? end + 1 : end;
    return NN_OK;
}

static nn_status each_sequence(guide *g, const op_set *set, const char *flag, const char *text, take_fn *take, nn_error *err)
{
    uint16_t ops[DUE_PATH_MAX];
    size_t n;
    nn_status s = NN_OK;
    for (const char *at = text; s == NN_OK && *at != '\0';) {
        s = read_sequence(set, flag, &at, ops, &n, err);
        if (s == NN_OK)
            s = take(g, flag, ops, n, err);
    }
    return s;
}

static nn_status take_contain(guide *g, const char *flag, const uint16_t *ops, size_t n, nn_error *err)
{
    (void)flag;
    due_path *all = arena_alloc(&g->mem, (g->n_contain + 1) * sizeof *all);
    uint16_t *copy = arena_alloc(&g->mem, n * sizeof *copy);
    if (!all || !copy)
        return nn_nomem(err);
    if (g->n_contain > 0)
        memcpy(all, g->contain, g->n_contain * sizeof *all);
    memcpy(copy, ops, n * sizeof *copy);
    all[g->n_contain++] = (due_path){.ops = copy, .n = n, .window = n, .firmness = PATH_MUST, .effort = CONTAIN_EFFORT};
    g->contain = all;
    return NN_OK;
}

static nn_status take_avoid(guide *g, const char *flag, const uint16_t *ops, size_t n, nn_error *err)
{
    if (n < 2)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: expected at least two operators; use --ops -A to leave out a single one",
                       flag);
    if (!avoid_add((avoid_set *)(uintptr_t)g->avoid, ops, n))
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "%s: more than %d operators in all sequences", flag, AVOID_MOST);
    return NN_OK;
}

/* ---- feasibility ---- */

/* Whether the path contains a sequence that must be avoided. */
static bool avoided(const guide *g, const due_path *p)
{
    avoid_mask m = {0};
    bool fine = true;
    for (size_t i = 0; g->avoid && i < p->n; i++) {
        avoid_mask next = {0};
        if (i > 0)
            avoid_pass(&next, &m);
        fine &= avoid_enter(g->avoid, &next, p->ops[i]);
        m = next;
    }
    return !fine;
}

static void write_path(const op_set *set, const uint16_t *ops, size_t n, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < n && at < size; i++) {
        int k = snprintf(out + at, size - at, "%s%s", i > 0 ? "," : "", set->ops[ops[i]].name);
        at += k > 0 ? (size_t)k : 0;
    }
}

/* b: the builder that has just failed to place it; NULL: it was not tried. */
static nn_status infeasible(const op_set *set, const due_path *p, size_t first, size_t n, const char *reason, const builder *b,
                            nn_error *err)
{
    char whole[120], part[120];
    const tries_text most = b ? try_table_text(builder_tries(b), NULL) : (tries_text){""};
    write_path(set, p->ops, p->n, whole, sizeof whole);
    write_path(set, p->ops + first, n, part, sizeof part);
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "contain %s: %s is impossible: %s%s%s", whole, part, reason, *most.s ? "; " : "",
                   most.s);
}

/* Finds what makes a path infeasible that could not be placed in any trial: a pair, or three operators in a row. */
static nn_status explain_path(builder *b, const op_set *set, const due_path *p, nn_error *err)
{
    const char *reason;
    for (size_t length = 2; length <= 3; length++)
        for (size_t i = 0; i + length <= p->n; i++) {
            int tries = length == 2 ? PAIR_TRIES : PATH_TRIES;
            builder_forget_tries(b);
            if (path_probe(b, p->ops + i, length, &tries, &reason) != NN_OK)
                return nn_nomem(err);
            if (reason)
                return infeasible(set, p, i, length, reason, b, err);
        }
    return NN_OK;
}

static nn_status try_model(builder *b, const guide *g, tape *t, size_t nodes, const lower_limits *limits, nn_error *err)
{
    build_request r = {.nodes = nodes, .paths = g->contain, .n_paths = g->n_contain, .limits = *limits, .avoid = g->avoid};
    const graph *out;
    nn_error inner;
    for (uint64_t i = 0; i < 3; i++) {
        tape_reseed(t, 0, i);
        nn_status s = builder_build(b, &r, t, &out, NULL, &inner);
        if (s == NN_OK)
            return s;
        if (s != NN_ERR_BUILD)
            return nn_fail(err, s, NULL, 0, 0, "%s", inner.message);
    }
    return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "contain: no model of %zu nodes with all these paths was found: %.300s", nodes,
                   inner.message);
}

static nn_status check(const guide *g, const op_set *set, size_t nodes, const lower_limits *limits, nn_error *err)
{
    size_t longest = 0;
    for (size_t i = 0; i < g->n_contain; i++) {
        const due_path *p = &g->contain[i];
        longest = p->n > longest ? p->n : longest;
        if (avoided(g, p))
            return infeasible(set, p, 0, p->n, "it contains a forbidden path", NULL, err);
    }
    if (longest > nodes)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "contain: a path of %zu operators does not fit into %zu nodes", longest,
                       nodes);
    builder *b = NULL;
    tape *t = NULL;
    nn_status s = builder_new(&b, set, err);
    if (s == NN_OK)
        s = tape_new_seeded(&t, 0, 0, err);
    if (s == NN_OK)
        s = try_model(b, g, t, nodes, limits, err);
    if (s == NN_ERR_USAGE && path_probe_begin(b, t, limits) != NN_OK)
        s = nn_nomem(err);
    nn_status why = NN_OK;
    for (size_t i = 0; s == NN_ERR_USAGE && why == NN_OK && i < g->n_contain; i++)
        why = explain_path(b, set, &g->contain[i], err);
    tape_free(t);
    builder_free(b);
    return why == NN_ERR_NOMEM ? why : s;
}

nn_status guide_open(guide *g, const op_set *ops, const guide_texts *t, size_t nodes, const lower_limits *limits, nn_error *err)
{
    *g = (guide){0};
    arena_init(&g->mem, 0);
    nn_status s = NN_OK;
    if (*t->avoid != '\0') {
        g->avoid = avoid_new(&g->mem, ops->n_all);
        s = g->avoid ? each_sequence(g, ops, "avoid", t->avoid, take_avoid, err) : nn_nomem(err);
    }
    if (s == NN_OK)
        s = each_sequence(g, ops, "contain", t->contain, take_contain, err);
    if (s == NN_OK && *t->weights != '\0') {
        op_weights *w = NULL;
        s = weights_parse(&w, ops, t->weights, &g->mem, err);
        g->weights = w;
    }
    if (s == NN_OK && g->n_contain > 0)
        s = check(g, ops, nodes, limits, err);
    if (s != NN_OK)
        guide_close(g);
    return s;
}

void guide_close(guide *g)
{
    arena_free(&g->mem);
    *g = (guide){0};
}
