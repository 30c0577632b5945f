#include "plan/pairs.h"
#include "build/path_probe.h"

/* Of the pairs that can be solved, 97 % are solved within 16 tries, and all but a few in ten thousand within this number. */
#define TRIES 256

static nn_status probe_all(pair_table *p, builder *b, const step_watch *w, nn_error *err)
{
    size_t n = p->n_ops, found = 0;
    for (size_t i = 0; i < n; i++) {
        if (watch_stops(w, "pairs of operators", i * n, n * n))
            return watch_stopped(err);
        p->first[i] = found;
        for (size_t k = 0; k < n; k++) {
            const uint16_t ops[2] = {(uint16_t)i, (uint16_t)k};
            int tries = TRIES;
            builder_forget_tries(b);
            if (path_probe(b, ops, 2, &tries, &p->reasons[i * n + k]) != NN_OK)
                return nn_nomem(err);
            p->tries[i * n + k] = (uint16_t)tries;
            if (!p->reasons[i * n + k])
                p->followers[found++] = (uint16_t)k;
        }
    }
    p->first[n] = found;
    return NN_OK;
}

nn_status pairs_new(pair_table **out, const op_set *ops, const lower_limits *limits, const step_watch *w, nn_error *err)
{
    *out = NULL;
    nn_status s = op_pairs_fit(ops, "--cover", err);
    if (s != NN_OK)
        return s;
    pair_table *p = nn_calloc(1, sizeof *p);
    builder *b = NULL;
    tape *t = NULL;
    if (!p)
        return nn_nomem(err);
    size_t n = p->n_ops = ops->n_ops;
    p->reasons = nn_calloc(n * n + 1, sizeof *p->reasons);
    p->tries = nn_calloc(n * n + 1, sizeof *p->tries);
    p->followers = nn_calloc(n * n + 1, sizeof *p->followers);
    p->first = nn_calloc(n + 1, sizeof *p->first);
    s = p->reasons && p->tries && p->followers && p->first ? builder_new(&b, ops, err) : nn_nomem(err);
    if (s == NN_OK)
        s = tape_new_seeded(&t, 0, 0, err);
    if (s == NN_OK && path_probe_begin(b, t, limits) != NN_OK)
        s = nn_nomem(err);
    if (s == NN_OK)
        s = probe_all(p, b, w, err);
    tape_free(t);
    builder_free(b);
    if (s != NN_OK)
        pairs_free(p);
    else
        *out = p;
    return s;
}

void pairs_free(pair_table *p)
{
    if (!p)
        return;
    nn_free(p->reasons);
    nn_free(p->tries);
    nn_free(p->followers);
    nn_free(p->first);
    nn_free(p);
}
