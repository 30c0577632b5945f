#include "build/build_input.h"
#include "rules/opmodel_rules.h"

static bool fillable(const op_input *in)
{
    return op_input_data(in) && !in->conditional;
}

/* Whether shapes of other inputs follow from this one, rather than its shape from theirs. */
static bool leads(const op_model *op, size_t input)
{
    const rule_input *r = &op->rules->inputs[input];
    return !r->shape || r->rank;
}

size_t build_inputs(const op_model *op)
{
    size_t n = op->n_inputs;
    while (n > 0 && op_input_is_form(op, n - 1))
        n--;
    return n;
}

int build_input_any(builder *b, const op_model *op, int skip)
{
    int found[OP_MAX_INPUTS], leading[OP_MAX_INPUTS], n = 0, n_leading = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input *in = &op->inputs[i];
        if (!fillable(in) || in->optional || ((int)i == skip && in->max_arity < 2))
            continue;
        found[n++] = (int)i;
        if (leads(op, i))
            leading[n_leading++] = (int)i;
    }
    if (n == 0)
        return -1;
    if (n_leading > 0 && n_leading < n && tape_chance(b->t, "leading input", 3, 4))
        return leading[n_leading > 1 ? build_draw(b, "input", (size_t)n_leading) : 0];
    return found[n > 1 ? build_draw(b, "input", (size_t)n) : 0];
}

int build_input_for(builder *b, const op_model *op, int32_t t)
{
    size_t n = build_inputs(op), first = n > 1 ? build_draw(b, "input", n) : 0;
    for (size_t k = 0; k < n && !b->s.notes[t].inner; k++) {
        size_t i = (first + k) % n;
        if (fillable(&op->inputs[i]) && lower_may_take(b->lower, op, i, &b->s.tensors[t].desc))
            return (int)i;
    }
    return -1;
}

int build_input_beside(builder *b, const op_model *op, int32_t t, int skip)
{
    size_t n = build_inputs(op), first = b->s.strict && n > 1 ? build_draw(b, "input", n) : 0;
    int found = -1;
    for (size_t k = 0; k < n && (found < 0 || !leads(op, (size_t)found)); k++) {
        size_t i = (first + k) % n;
        const op_input *in = &op->inputs[i];
        if (fillable(in) && ((int)i != skip || in->max_arity >= 2) && (found < 0 || leads(op, i)) &&
            lower_may_take(b->lower, op, i, &b->s.tensors[t].desc))
            found = (int)i;
    }
    return found;
}

int build_input_of(builder *b, const op_model *op, dtype_mask types)
{
    size_t n = build_inputs(op), first = n > 1 ? build_draw(b, "input", n) : 0;
    for (size_t k = 0; k < n; k++) {
        const op_input *in = &op->inputs[(first + k) % n];
        if (fillable(in) && !in->optional && in->types & types)
            return (int)((first + k) % n);
    }
    return -1;
}

int build_input_taking(const op_model *op, dtype type)
{
    for (size_t i = 0; i < op->n_inputs; i++)
        if (fillable(&op->inputs[i]) && (op->inputs[i].types >> type & 1))
            return (int)i;
    return -1;
}

interval build_typed_ends(dtype t, interval r)
{
    if (!dtype_is_float(t))
        return iv(iv_ceil(r).lo, iv_floor(r).hi);
    t = t == DT_DOUBLE ? DT_FLOAT32 : t;
    return iv(dtype_toward(t, r.lo, true), dtype_toward(t, r.hi, false));
}
