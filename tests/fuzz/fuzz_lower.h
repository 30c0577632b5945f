/* What both fuzz targets do with a table that loads: compile it and lower each operator a few times. The re-check must agree. */
#ifndef FUZZ_LOWER_H
#define FUZZ_LOWER_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lower/lower.h"

static void check(bool ok)
{
    if (!ok)
        abort();
}

/* An error says where and what, in one line. */
static void check_error(nn_status s, const nn_error *err)
{
    check(s == err->status && err->message[0] != '\0' && strpbrk(err->message, "\n\r") == NULL);
    check(s != NN_ERR_TABLE || err->file[0] != '\0');
}

static void check_desc(const tensor_desc *d, int64_t most)
{
    int64_t n = 1;
    check(d->rank >= 0 && d->rank <= NN_MAX_RANK && d->type > DT_NONE && d->type < DT_COUNT);
    for (int i = 0; i < d->rank; i++) {
        check(d->dims[i] >= 1);
        n *= d->dims[i];
        check(n <= most);
    }
}

/* An instance keeps the limits, whatever the table says. */
static void check_instance(const op_instance *x, const lower_limits *limits)
{
    for (size_t i = 0; i < x->n_inputs; i++)
        if (x->inputs[i].kind == INST_INIT || x->inputs[i].kind == INST_NEW_INPUT) {
            check_desc(&x->inputs[i].desc, limits->max_elements);
            check(isfinite(x->inputs[i].desc.range.lo) && x->inputs[i].desc.range.lo <= x->inputs[i].desc.range.hi);
        }
    for (size_t i = 0; i < x->n_outputs; i++) {
        if (!x->outputs[i].present)
            continue;
        check_desc(&x->outputs[i].desc, limits->max_elements);
        check(isfinite(x->outputs[i].desc.range.lo) && isfinite(x->outputs[i].desc.range.hi));
    }
}

static void lower_each(const op_set *set, size_t tries)
{
    const lower_limits limits = {.max_elements = 4096};
    arena memory;
    arena_init(&memory, 0);
    nn_error err;
    tape *t;
    lower *l;
    check(tape_new_seeded(&t, 1, 1, &err) == NN_OK && lower_new(&l, set, &limits, &memory, &err) == NN_OK);
    lower_set_check(l, true);
    for (size_t i = 0; i < set->n_ops; i++)
        for (size_t k = 0; k < tries; k++) {
            lower_request r = {.op = &set->ops[i]};
            op_instance instances[LOWER_MAX_FRAMES];
            size_t slot = 0;
            for (size_t in = 0; in < r.op->n_inputs; in++) {
                r.arity[in] = (int)tape_range(t, "arity", r.op->inputs[in].min_arity, r.op->inputs[in].max_arity);
                for (int j = 0; j < r.arity[in]; j++)
                    r.slots[slot++] = (lower_slot){.kind = SLOT_AUTO, .rank = -1};
            }
            int frame;
            lower_begin(l, t);
            if (lower_add(l, &r, &frame) == LOWER_OK && lower_close(l, instances) == LOWER_OK)
                check_instance(&instances[0], &limits);
            if (lower_fault(l) != NULL) {
                (void)fprintf(stderr, "%s\n", lower_fault(l)->message);
                abort();
            }
            arena_reset(&memory);
        }
    lower_free(l);
    tape_free(t);
    arena_free(&memory);
}

/* Returns the number of operators that compiled. */
static size_t compile_and_lower(const spec_file *file, const spec_file *profile, int opset, size_t tries)
{
    op_set *set;
    nn_error err;
    nn_status s = op_set_new(&set, file, 1, profile, opset, &err);
    if (s != NN_OK) {
        check_error(s, &err);
        return 0;
    }
    s = lower_fold_domains(set, &err);
    if (s != NN_OK) {
        check_error(s, &err);
        op_set_free(set);
        return 0;
    }
    size_t n = set->n_ops;
    if (n <= 8)
        lower_each(set, tries);
    op_set_free(set);
    return n;
}

#endif
