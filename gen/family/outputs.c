#include "family/outputs.h"

#include "reference/ref_graph.h"

#include <string.h>

void model_outputs_free(model_outputs *o)
{
    if (o->open) {
        arena_free(&o->kept_memory);
        arena_free(&o->results);
        arena_free(&o->scratch);
    }
    onnx_buffer_free(&o->value);
    onnx_buffer_free(&o->bound);
    npz_free(&o->archive);
    o->open = false;
}

void model_outputs_forget(model_outputs *o)
{
    o->kept = NULL;
}

typedef struct {
    const outputs_of *of;
    uint64_t set;
    arena *a;
    arena_mark mark;
} filling;

/* The contents of the tensor before are no longer needed. */
static nn_status fill(void *data, const graph *g, int32_t tensor, const void **bytes, nn_error *err)
{
    filling *f = data;
    arena_release(f->a, f->mark);
    return onnx_contents(bytes, g, f->of->names, f->of->request, f->set, tensor, f->a, err);
}

/* The graph as it is for a data set. */
static const graph *view(const outputs_of *of, uint64_t set)
{
    return &of->views[set % of->n_views];
}

static const tensor_desc *desc_of(const outputs_of *of, uint64_t set, size_t i)
{
    const graph *g = view(of, set);
    return &g->tensors[g->outputs[i]].desc;
}

/* The elements of an output. The generator bounds them. */
static size_t elements_of(const outputs_of *of, uint64_t set, size_t i)
{
    return (size_t)tensor_elements(desc_of(of, set, i));
}

/* The elements of an output in the data set that has most. */
static size_t most_elements(const outputs_of *of, size_t i)
{
    size_t most = 0;
    for (size_t k = 0; k < of->n_views; k++)
        most = elements_of(of, k, i) > most ? elements_of(of, k, i) : most;
    return most;
}

/* Makes room for the contents of the model's outputs. */
static nn_status begin(model_outputs *o, const outputs_of *of, nn_error *err)
{
    if (o->kept != NULL)
        return NN_OK;
    if (!o->open) {
        arena_init(&o->kept_memory, 0);
        arena_init(&o->results, 0);
        arena_init(&o->scratch, 0);
        o->open = true;
    }
    arena_reset(&o->kept_memory);
    o->seen = 0;
    o->set = UINT64_MAX;
    output_contents *kept = arena_calloc(&o->kept_memory, of->views->n_outputs + 1, sizeof *kept);
    if (kept == NULL)
        return nn_nomem(err);
    int64_t room = of->archives ? (int64_t)of->sets : 1;
    for (size_t i = 0; i < of->views->n_outputs; i++) {
        const tensor_desc *d = desc_of(of, 0, i);
        int64_t n = (int64_t)most_elements(of, i), all;
        if (!nn_mul64(n, room, &all) || all > PTRDIFF_MAX / 16)
            return nn_nomem(err);
        kept[i].n = (size_t)n;
        kept[i].values = arena_alloc(&o->kept_memory, (size_t)all * dtype_size(d->type) + 1);
        kept[i].bounds = arena_alloc(&o->kept_memory, (size_t)all * sizeof(float) + 1);
        if (kept[i].values == NULL || kept[i].bounds == NULL)
            return nn_nomem(err);
    }
    o->kept = kept;
    return NN_OK;
}

static uint8_t *values_of(const model_outputs *o, const outputs_of *of, uint64_t set, size_t i)
{
    const output_contents *c = &o->kept[i];
    return c->values + (of->archives ? (size_t)set * c->n * dtype_size(desc_of(of, set, i)->type) : 0);
}

static float *bounds_of(const model_outputs *o, const outputs_of *of, uint64_t set, size_t i)
{
    const output_contents *c = &o->kept[i];
    return c->bounds + (of->archives ? (size_t)set * c->n : 0);
}

static nn_status compute(model_outputs *o, const outputs_of *of, uint64_t set, nn_error *err)
{
    ref_tensor *tensors;
    arena_reset(&o->results);
    arena_reset(&o->scratch);
    filling f = {.of = of, .set = set, .a = &o->scratch, .mark = arena_get_mark(&o->scratch)};
    o->set = UINT64_MAX;
    nn_status s = ref_graph_compute(of->rules, of->ops, view(of, set), fill, &f, &tensors, NULL, &o->results, &o->scratch, err);
    for (size_t i = 0; s == NN_OK && i < of->views->n_outputs; i++) {
        void *values = values_of(o, of, set, i);
        float *bounds = bounds_of(o, of, set, i);
        ref_to_raw(&tensors[of->views->outputs[i]], values, bounds);
        if (set == o->seen)
            tolerance_add(&o->kept[i].tolerance, desc_of(of, set, i)->type, values, bounds, elements_of(of, set, i));
    }
    if (s == NN_OK) {
        o->seen += set == o->seen;
        o->set = set;
    }
    return s;
}

/* Brings the set into the contents. */
static nn_status reach(model_outputs *o, const outputs_of *of, uint64_t set, nn_error *err)
{
    nn_status s = begin(o, of, err);
    if (!of->archives)
        return s == NN_OK && o->set != set ? compute(o, of, set, err) : s;
    while (s == NN_OK && o->seen <= set)
        s = compute(o, of, o->seen, err);
    return s;
}

nn_status model_outputs_all(model_outputs *o, const outputs_of *of, nn_error *err)
{
    nn_status s = begin(o, of, err);
    while (s == NN_OK && o->seen < of->sets)
        s = compute(o, of, o->seen, err);
    return s;
}

nn_status model_outputs_write(model_outputs *o, const outputs_of *of, uint64_t set, size_t i, bool bound, nn_error *err)
{
    nn_status s = reach(o, of, set, err);
    if (s != NN_OK)
        return s;
    const tensor_desc *d = desc_of(of, set, i);
    dtype type = bound ? DT_FLOAT32 : d->type;
    const char *name = of->names->tensors[of->views->outputs[i]];
    const void *bytes = bound ? (const void *)bounds_of(o, of, set, i) : values_of(o, of, set, i);
    return onnx_write_tensor(bound ? &o->bound : &o->value, name, type, d->dims, (size_t)d->rank, bytes,
                             elements_of(of, set, i) * dtype_size(type), err);
}

/* The arrays of one data set, where sets differ in their shapes. */
static nn_status add_set(model_outputs *o, const outputs_of *of, uint64_t set, bool bound, nn_error *err)
{
    nn_status s = NN_OK;
    for (size_t i = 0; s == NN_OK && i < of->views->n_outputs; i++) {
        const tensor_desc *d = desc_of(of, set, i);
        const dtype type = bound ? DT_FLOAT32 : d->type;
        const size_t size = elements_of(of, set, i) * dtype_size(type);
        void *data;
        arena_mark mark = arena_get_mark(&o->scratch);
        const char *name = npz_set_name(&o->scratch, set, of->names->tensors[of->views->outputs[i]]);
        s = name != NULL ? npz_add(&o->archive, name, type, d->dims, (size_t)d->rank, &data, err) : nn_nomem(err);
        if (s == NN_OK && size > 0)
            memcpy(data, bound ? (const void *)bounds_of(o, of, set, i) : values_of(o, of, set, i), size);
        arena_release(&o->scratch, mark);
    }
    return s;
}

nn_status model_outputs_archive(model_outputs *o, const outputs_of *of, bool bound, nn_error *err)
{
    nn_status s = model_outputs_all(o, of, err);
    npz_begin(&o->archive);
    for (uint64_t set = 0; of->n_views > 1 && s == NN_OK && set < of->sets; set++)
        s = add_set(o, of, set, bound, err);
    for (size_t i = 0; of->n_views == 1 && s == NN_OK && i < of->views->n_outputs; i++) {
        const tensor_desc *d = desc_of(of, 0, i);
        dtype type = bound ? DT_FLOAT32 : d->type;
        int64_t dims[NN_MAX_RANK + 1] = {(int64_t)of->sets};
        void *data;
        for (int k = 0; k < d->rank; k++)
            dims[k + 1] = d->dims[k];
        s = npz_add(&o->archive, of->names->tensors[of->views->outputs[i]], type, dims, (size_t)d->rank + 1, &data, err);
        if (s == NN_OK)
            memcpy(data, bound ? (const void *)o->kept[i].bounds : o->kept[i].values,
                   (size_t)of->sets * o->kept[i].n * dtype_size(type));
    }
    return s == NN_OK ? npz_end(&o->archive, err) : s;
}
