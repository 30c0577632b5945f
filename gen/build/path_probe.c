#include "build/path_probe.h"
#include "build/build_chain.h"

#define PROBE_SEED 0x7061746873u
#define PROBE_NODES 4096 /* room for any path */

nn_status path_probe_begin(builder *b, tape *t, const lower_limits *limits)
{
    b->t = t;
    b->nodes = b->limit = b->style.inputs = PROBE_NODES;
    b->turn = 0;
    b->lenient = false;
    b->probing = true;
    b->report = (build_report){.attempts = 1};
    arena_reset(&b->memory);
    lower_set_limits(b->lower, limits);
    lower_set_check(b->lower, false);
    lower_set_manner(b->lower, NULL);
    tape_reseed(t, PROBE_SEED, 0);
    b->due.n = 0;
    b->due.cost = 0;
    b->weights = NULL;
    b->manner = NULL;
    b->style.deep = false;
    b->s.avoid = NULL;
    b->paths.n = 0;
    b->paths.cost = b->paths.credit = 0;
    if (!state_reset(&b->s, b->nodes))
        return NN_ERR_NOMEM;
    b->s.strict = b->index->joins.n > 0;
    b->free_inputs = true;
    /* tensors of types other than those of data, for inputs that accept nothing else */
    for (int type = 1; type < DT_COUNT; type++) {
        const op_list *l = &b->index->producers[type];
        for (size_t k = 0, made = 0; k < 8 * l->n && made < 3; k++) {
            op_spec sp = spec_of(build_op_at(b, l, k));
            sp.output_type = (dtype)type;
            lower_result res = build_try_one(b, sp);
            if (res == LOWER_NOMEM)
                return NN_ERR_NOMEM;
            made += res == LOWER_OK;
        }
    }
    return NN_OK;
}

static const char no_type[] = "no output of one has a type that the next one takes";
static const char unsolved[] = "no values, shapes and attributes were found with which one can follow the other";

nn_status path_probe(builder *b, const uint16_t *ops, size_t n, int *tries, const char **reason)
{
    uint64_t key = 0;
    *reason = unsolved;
    for (size_t k = 0; k < n; k++) { /* draws depend on the operators alone */
        key = key * b->ops->n_ops + ops[k] + 1;
        if (k > 0 && !build_chain_typed(&b->ops->ops[ops[k - 1]], &b->ops->ops[ops[k]]))
            *reason = no_type;
    }
    if (*reason == no_type) {
        *tries = 0;
        return NN_OK;
    }
    tape_reseed(b->t, PROBE_SEED, key);
    b->turn = 0;
    b->s.leads = true;
    lower_result res = LOWER_FAIL;
    int k = 0;
    while (k < *tries && res != LOWER_NOMEM) {
        op_spec sp[LOWER_MAX_FRAMES];
        build_effect e;
        (void)build_chain(b, ops, NULL, n, sp);
        res = build_foresee(b, sp, n, &e);
        k++;
        if (res == LOWER_OK && !e.fault) {
            *reason = NULL;
            break;
        }
        if (res == LOWER_OK)
            *reason = e.fault;
        b->turn++;
    }
    *tries = k;
    b->s.leads = false;
    return res == LOWER_NOMEM ? NN_ERR_NOMEM : NN_OK;
}
