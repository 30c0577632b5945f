/* The functions of the AFL++ module in the order in which AFL++ calls them: inputs are tapes, models that carry one, or any bytes.
 * A mutant fits its room, what is run is a model, and trimming ends. Each buffer that AFL++ would own is a block of its own, so
 * that the sanitizer sees every byte beyond it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nngen_fuzz.h"

void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *other, size_t other_size, size_t most);
const char *afl_custom_describe(void *data, size_t most);
size_t afl_custom_post_process(void *data, uint8_t *buf, size_t size, uint8_t **out);
int32_t afl_custom_init_trim(void *data, uint8_t *buf, size_t size);
size_t afl_custom_trim(void *data, uint8_t **out);
int32_t afl_custom_post_trim(void *data, uint8_t success);
void afl_custom_deinit(void *data);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(int holds)
{
    if (!holds)
        abort();
}

/* A copy in a block of exactly its size. */
static uint8_t *copied(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    need(copy != NULL);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

/* What AFL++ runs for these bytes. It may be processed once more. */
static size_t run(void *m, const uint8_t *bytes, size_t size, uint8_t **model)
{
    uint8_t *own = copied(bytes, size), *again;
    const size_t n = afl_custom_post_process(m, own, size, model);
    need(n > 0 && *model != NULL);
    need(afl_custom_post_process(m, *model, n, &again) == n && again == *model);
    free(own);
    return n;
}

/* Steps fail and succeed as the bits of `verdicts` say. */
static void trim(void *m, const uint8_t *bytes, size_t size, uint64_t verdicts)
{
    uint8_t *own = copied(bytes, size), *out, *model;
    const int32_t steps = afl_custom_init_trim(m, own, size);
    int32_t at = 0;
    need(steps >= 0);
    for (int k = 0; at < steps; k++) {
        need(k <= steps); /* each segment is tried once */
        const size_t n = afl_custom_trim(m, &out);
        need(n > 0 && out != NULL);
        (void)run(m, out, n, &model);
        at = afl_custom_post_trim(m, verdicts >> (k % 64) & 1);
    }
    free(own);
}

/* size, a seed in 8 bytes, the place in two bytes where the second input begins; then both inputs. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void *m;
    if (size < 12)
        return 0;
    uint64_t seed = 0;
    memcpy(&seed, data, 8);
    const size_t cut = 12 + (data[8] | (size_t)data[9] << 8) % (size - 11), most = 1 + (data[10] | (size_t)data[11] << 8) % 8192;
    if (m == NULL || seed % 16 == 0) {
        if (m != NULL)
            afl_custom_deinit(m);
        m = afl_custom_init(NULL, (unsigned)seed);
        need(m != NULL);
    }
    uint8_t *a = copied(data + 12, cut - 12), *b = copied(data + cut, size - cut), *out = NULL, *model;
    for (int k = 0; k < 2; k++) { /* every fourth call crosses */
        const size_t n = afl_custom_fuzz(m, a, cut - 12, &out, seed >> 63 ? NULL : b, size - cut, most);
        need(n <= most || n <= cut - 12);
        need(strlen(afl_custom_describe(m, 1 + seed % 64)) <= seed % 64);
        if (n > 0) {
            uint8_t *mutant = copied(out, n);
            (void)run(m, mutant, n, &model);
            free(mutant);
        }
    }
    if (seed % 4 == 1) {
        const size_t n = run(m, a, cut - 12, &model);
        uint8_t *file = copied(model, n);
        trim(m, file, n, seed); /* a file of the queue carries its tape */
        free(file);
    } else {
        trim(m, b, size - cut, seed);
    }
    free(a);
    free(b);
    return 0;
}
