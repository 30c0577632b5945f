#include "family/outputs.h"

#include "reference/ref_graph.h"

void model_outputs_free(model_outputs *o)
{
    if (o->open) {
        arena_free(&o->results);
        arena_free(&o->scratch);
    }
    onnx_buffer_free(&o->value);
    onnx_buffer_free(&o->bound);
    o->open = false;
}

void model_outputs_forget(model_outputs *o)
{
    o->computed = false;
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

static nn_status compute(model_outputs *o, const outputs_of *of, uint64_t set, nn_error *err)
{
    if (!o->open) {
        arena_init(&o->results, 0);
        arena_init(&o->scratch, 0);
        o->open = true;
    }
    o->computed = false;
    arena_reset(&o->results);
    arena_reset(&o->scratch);
    filling f = {.of = of, .set = set, .a = &o->scratch, .mark = arena_get_mark(&o->scratch)};
    nn_status s = ref_graph_compute(of->rules, of->ops, of->g, fill, &f, &o->tensors, NULL, &o->results, &o->scratch, err);
    o->computed = s == NN_OK;
    o->set = set;
    return s;
}

nn_status model_outputs_write(model_outputs *o, const outputs_of *of, uint64_t set, size_t i, bool bound, nn_error *err)
{
    nn_status s = o->computed && o->set == set ? NN_OK : compute(o, of, set, err);
    if (s != NN_OK)
        return s;
    int32_t tensor = of->g->outputs[i];
    const ref_tensor *t = &o->tensors[tensor];
    const char *name = of->names->tensors[tensor];
    arena_mark mark = arena_get_mark(&o->scratch);
    size_t n = t->n * dtype_size(t->type);
    void *values = arena_alloc(&o->scratch, n + 1);
    float *bounds = arena_alloc(&o->scratch, (t->n + 1) * sizeof *bounds);
    if (values == NULL || bounds == NULL)
        return nn_nomem(err);
    ref_to_raw(t, values, bounds);
    s = bound ? onnx_write_tensor(&o->bound, name, DT_FLOAT32, t->dims, (size_t)t->rank, bounds, t->n * sizeof *bounds, err)
              : onnx_write_tensor(&o->value, name, t->type, t->dims, (size_t)t->rank, values, n, err);
    arena_release(&o->scratch, mark);
    return s;
}
