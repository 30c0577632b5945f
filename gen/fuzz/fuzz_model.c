/* The family and the model of a fuzzing process. */
#include "draw/segments.h"
#include "nngen_fuzz.h"

#include <string.h>

static struct {
    bool opened;
    nn_table *table;
    nn_family *family;
    nn_model *model;
} process;

static void open_family(void)
{
    nn_table_config t = {.profile = "onnx"};
    nn_family_config f = {.nodes = 16, .count = 1, .inputs = -1, .max_elements = 64};
    process.opened = true;
    if (nngen_fuzz_configure)
        nngen_fuzz_configure(&t, &f);
    if (nn_table_open(&process.table, &t, NULL) == NN_OK)
        (void)nn_family_open(&process.family, process.table, &f, NULL);
}

nn_model *nngen_fuzz_model(const void *bytes, size_t size)
{
    if (!process.opened)
        open_family();
    if (process.family == NULL)
        return NULL;
    return nn_model_build_bytes(&process.model, process.family, bytes, size, NULL) == NN_OK ? process.model : NULL;
}

int nngen_fuzz_onnx(const void *bytes, size_t size, const void **out, size_t *n)
{
    nn_model *m = nngen_fuzz_model(bytes, size);
    return m != NULL && nn_model_onnx(m, out, n, NULL) == NN_OK;
}

static bool has_steps(const void *bytes, size_t size)
{
    segment_list l = {0};
    bool found = !segments_read(&l, bytes, size, SIZE_MAX);
    for (size_t k = 0; k < l.n; k++)
        found |= l.items[k].kind == SEGMENT_STEP;
    segments_free(&l);
    return found;
}

size_t nngen_fuzz_settle(void *bytes, size_t size, size_t most)
{
    const void *settled;
    size_t n;
    if (!has_steps(bytes, size))
        return size;
    nn_model *m = nngen_fuzz_model(bytes, size);
    if (m == NULL || nn_model_tape(m, &settled, &n, NULL) != NN_OK || n > most)
        return size;
    memcpy(bytes, settled, n);
    return n;
}
