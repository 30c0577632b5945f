/* Times the expected outputs of models, for outputs.py. Usage: outputs NODES COUNT DIR. Prints a line for each model: the processor
 * time in microseconds of building it, and of computing and serialising its outputs and bounds. Writes the models to DIR. */
#define _POSIX_C_SOURCE 200809L
#include "nngen.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static void need(nn_status s, const nn_error *err)
{
    char text[600];
    if (s == NN_OK)
        return;
    nn_error_text(err, text, sizeof text);
    fprintf(stderr, "outputs: %s\n", text);
    exit(1);
}

int main(int argc, char **argv)
{
    nn_error err;
    nn_table *table;
    nn_family *family;
    nn_model *model = NULL;
    if (argc != 4)
        return 2;
    uint64_t nodes = strtoull(argv[1], NULL, 10), count = strtoull(argv[2], NULL, 10);
    need(nn_table_open(&table, &(nn_table_config){.outputs = 1}, &err), &err);
    need(nn_family_open(&family, table, &(nn_family_config){.nodes = nodes, .count = count, .seed = 1, .inputs = 1, .outputs = 1},
                        &err),
         &err);
    for (uint64_t i = 0; i < count; i++) {
        double begun = now();
        need(nn_model_build(&model, family, i, &err), &err);
        double built = now();
        for (size_t k = 0; k < nn_model_outputs(model); k++) {
            const void *bytes;
            size_t size;
            need(nn_model_output(model, 0, k, &bytes, &size, &err), &err);
            need(nn_model_bound(model, 0, k, &bytes, &size, &err), &err);
        }
        printf("%.1f %.1f\n", built - begun, now() - built);
        char dir[4096];
        snprintf(dir, sizeof dir, "%s/%s", argv[3], nn_model_name(model));
        need(nn_model_write(model, dir, &err), &err);
    }
    nn_model_free(model);
    nn_family_close(family);
    nn_table_close(table);
    return 0;
}
