/* Contents of tensors in GB/s on one core, by element type and mode of input, into a buffer that stays in the cache (4,096
 * elements) and one that does not. The best of several passes, as other programs may run besides. */
#define _POSIX_C_SOURCE 200809L
#include "write/input_mode.h"
#include "write/contents.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* set: 2 of the corners is lo or hi by element. */
static double rate(void *out, const tensor_desc *d, const input_modes *m, uint64_t set, arena *scratch)
{
    size_t bytes = values_bytes(d), times = (size_t)1000000 / bytes + 1;
    double best = 0;
    for (int pass = 0; pass < 5; pass++) {
        double begun = now();
        for (size_t i = 0; i < times; i++) {
            bulk_rng r;
            values_stream(&r, 1, i, VALUES_INPUT, set, 0);
            if (input_fill(out, d, m, set, &r, scratch, NULL) != NN_OK)
                exit(1);
        }
        double gb = (double)(bytes * times) / (now() - begun) * 1e-9;
        best = gb > best ? gb : best;
    }
    return best;
}

int main(void)
{
    static const dtype types[] = {DT_FLOAT32, DT_DOUBLE, DT_FLOAT16, DT_INT8, DT_INT32, DT_INT64};
    enum { LARGE = 1 << 22 };
    void *out = malloc((size_t)LARGE * sizeof(double));
    arena scratch;
    arena_init(&scratch, 0);
    if (out == NULL)
        return 1;
    printf("contents of tensors, GB/s on one core\n%8s %9s %9s %9s %9s %9s\n", "type", "elements", "uniform", "normal", "corners",
           "special");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        for (int64_t n = 4096; n <= LARGE; n *= LARGE / 4096) {
            tensor_desc d = {.type = types[i], .rank = 1, .dims = {n}, .range = {-4, 100}};
            printf("%8s %9lld", dtype_name(d.type), (long long)n);
            for (int mode = 0; mode < INPUT_MODES; mode++)
                printf(" %9.2f", rate(out, &d, &(input_modes){.mode = {(uint8_t)mode}, .n = 1}, 2, &scratch));
            printf("\n");
            fflush(stdout);
        }
    arena_free(&scratch);
    free(out);
    return 0;
}
