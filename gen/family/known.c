#include "family/known.h"
#include "family/family.h"
#include "reference/ref_graph.h"

#include <string.h>

#define MOST_ELEMENTS 4096 /* of an output beside the one that is asked for */
#define MOST_WORK 1e5

static void describe(ref_tensor *t, const tensor_desc *d)
{
    *t = (ref_tensor){.type = d->type, .whole = !dtype_is_float(d->type), .rank = d->rank, .n = (size_t)tensor_elements(d)};
    memcpy(t->dims, d->dims, sizeof t->dims);
}

static bool take_input(ref_tensor *t, const tensor_desc *d, const int64_t *contents, arena *a)
{
    describe(t, d);
    if (contents == NULL)
        return ref_unknown(t, a, NULL) == NN_OK;
    t->w = arena_alloc(a, t->n * sizeof *t->w + 1);
    if (t->w != NULL)
        memcpy(t->w, contents, t->n * sizeof *t->w);
    return t->w != NULL;
}

static bool compute(const nn_table *table, const op_instance *x, const tensor_desc *inputs, const int64_t *const *contents,
                    size_t output, int64_t *out, arena *results, arena *scratch)
{
    ref_tensor in[OP_MAX_SLOTS], made[OP_MAX_OUTPUTS];
    const ref_tensor *ins[OP_MAX_SLOTS];
    ref_tensor *outs[OP_MAX_OUTPUTS];
    size_t n_inputs = x->n_inputs;
    while (n_inputs > 0 && x->inputs[n_inputs - 1].kind == INST_ABSENT)
        n_inputs--;
    const ref_node node = {.op = op_find(table->all, x->op->type),
                           .attrs = x->attrs,
                           .n_attrs = x->n_attrs,
                           .inputs = ins,
                           .n_inputs = n_inputs,
                           .outputs = outs,
                           .n_outputs = x->n_outputs,
                           .max_work = MOST_WORK,
                           .max_elements = MOST_ELEMENTS};
    if (node.op < 0 || !ref_table_has(table->reference, node.op))
        return false;
    for (size_t i = 0; i < x->n_inputs; i++) {
        const bool present = x->inputs[i].kind != INST_ABSENT;
        ins[i] = present ? &in[i] : NULL;
        if (present && !take_input(&in[i], &inputs[i], contents[i], results))
            return false;
    }
    for (size_t o = 0; o < x->n_outputs; o++) {
        describe(&made[o], &x->outputs[o].desc);
        outs[o] = x->outputs[o].present ? &made[o] : NULL;
        if (o != output && outs[o] != NULL) /* of other outputs the dims are not known here */
            return false;
    }
    nn_error ignored = {0};
    if (ref_compute(table->reference, &node, results, scratch, &ignored) != NN_OK || made[output].w == NULL)
        return false;
    memcpy(out, made[output].w, made[output].n * sizeof *out);
    return true;
}

bool known_compute(void *data, const op_instance *x, const tensor_desc *inputs, const int64_t *const *contents, size_t output,
                   int64_t *out)
{
    const nn_table *table = data;
    arena results, scratch;
    if (table->reference == NULL)
        return false;
    arena_init(&results, 0);
    arena_init(&scratch, 0);
    const bool found = compute(table, x, inputs, contents, output, out, &results, &scratch);
    arena_free(&results);
    arena_free(&scratch);
    return found;
}
