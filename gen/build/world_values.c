#include "build/world_values.h"

#include <string.h>

static bool small_whole(const tensor_desc *d)
{
    return dtype_is_whole(d->type) && tensor_sizes(d) == NULL && tensor_elements(d) <= WORLD_VALUES_MOST;
}

bool world_values_of(const inst_input *x, const tensor_desc *d, size_t world, int64_t out[WORLD_VALUES_MOST])
{
    const content *c = &x->init;
    if (x->kind == INST_ABSENT || !small_whole(d))
        return false;
    const size_t n = (size_t)tensor_elements(d);
    if (x->kind == INST_INIT) {
        if (c->kind != CONTENT_LIST || (c->n_list != 1 && c->n_list != n))
            return false;
        for (size_t k = 0; k < n; k++)
            out[k] = (int64_t)c->list[c->n_list == 1 ? 0 : k];
        return true;
    }
    const int64_t *known = d->worlds ? d->worlds->known : NULL;
    if (known)
        memcpy(out, known + world * n, n * sizeof *out);
    return known != NULL;
}

/* The contents of an output in a world. */
static bool find_in(const builder *b, size_t f, const tensor_desc *slots, size_t world, size_t output, int64_t *out)
{
    const op_instance *in = &b->group.inst[f];
    const dynamic_wish *d = &b->dynamic;
    int64_t contents[OP_MAX_SLOTS][WORLD_VALUES_MOST];
    const int64_t *known[OP_MAX_SLOTS];
    tensor_desc here[OP_MAX_SLOTS];
    for (size_t i = 0; i < in->n_inputs; i++) {
        here[i] = tensor_in_world(&slots[i], world);
        known[i] = world_values_of(&in->inputs[i], &slots[i], world, contents[i]) ? contents[i] : NULL;
    }
    return d->compute && d->compute(d->data, in, here, known, output, out);
}

bool world_values_find(builder *b, size_t f, const tensor_desc *slots, size_t worlds)
{
    const op_instance *in = &b->group.inst[f];
    for (size_t o = 0; o < in->n_outputs; o++) {
        tensor_desc *d = &in->outputs[o].desc;
        if (!in->outputs[o].present || !small_whole(d))
            continue;
        const size_t n = (size_t)tensor_elements(d);
        int64_t *all = arena_alloc(&b->memory, worlds * n * sizeof *all);
        if (all == NULL)
            return false;
        bool found = true;
        for (size_t w = 0; w < worlds && found; w++)
            found = find_in(b, f, slots, w, o, all + w * n);
        tensor_worlds *own = found ? arena_alloc(&b->memory, sizeof *own) : NULL;
        if (found && own == NULL)
            return false;
        if (own != NULL) {
            *own = (tensor_worlds){.sized = d->worlds && d->worlds->sized, .open = d->worlds && d->worlds->open, .known = all};
            d->worlds = own;
        }
    }
    return true;
}
