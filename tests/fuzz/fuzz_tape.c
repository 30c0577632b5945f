/* Any bytes as a tape: they give a model; the model's own tape gives it again; mutants of the bytes fit their room. The independent
 * evaluator checks every node. */
#include "nngen.h"

#include <stdlib.h>
#include <string.h>

#define ROOM 30000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static nn_family *family(void)
{
    static nn_table *table;
    static nn_family *opened;
    if (!opened && (nn_table_open(&table, &(nn_table_config){.types = "float32,float16,int8,int64"}, NULL) != NN_OK ||
                    nn_family_open(&opened, table, &(nn_family_config){.nodes = 10, .count = 1, .check = 1}, NULL) != NN_OK))
        abort();
    return opened;
}

static void same_again(const nn_model *m, const void *bytes, size_t size)
{
    static nn_model *again;
    nn_error err;
    if (nn_model_build_bytes(&again, family(), bytes, size, &err) != NN_OK || nn_model_nodes(again) != nn_model_nodes(m))
        abort();
    for (size_t i = 0; i < nn_model_nodes(m); i++)
        if (strcmp(nn_model_node_operator(m, i), nn_model_node_operator(again, i)) != 0)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static nn_model *model;
    const void *bytes;
    size_t n;
    if (nn_model_build_bytes(&model, family(), data, size, NULL) != NN_OK || nn_model_onnx(model, &bytes, &n, NULL) != NN_OK ||
        nn_model_tape(model, &bytes, &n, NULL) != NN_OK)
        abort();
    same_again(model, bytes, n);
    uint64_t seed = size;
    for (size_t i = 0; i < size && i < 8; i++)
        seed = seed << 8 | data[size - 1 - i];
    const size_t most = 32 + seed % (ROOM - 32);
    uint8_t *out = malloc(most > size + 32 ? most : size + 32);
    if (!out)
        return 0;
    if (nn_tape_mutate(data, size, out, most, seed) > most || nn_tape_cross(data, size, bytes, n, out, most, seed) > most)
        abort();
    (void)nn_tape_drop(data, size, seed % 5, out);
    free(out);
    return 0;
}
