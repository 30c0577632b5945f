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

/* Steps fail and succeed as the bits of `verdicts` say. What is left is run. */
static void trim(void *m, const uint8_t *bytes, size_t size, uint64_t verdicts)
{
    uint8_t *own = copied(bytes, size), *out, *model;
    const int32_t steps = afl_custom_init_trim(m, own, size);
    need(steps >= 0);
    size_t n = 0;
    int32_t at = 0;
    for (int k = 0; at < steps; k++) {
        need(k <= steps); /* each segment is tried once */
        n = afl_custom_trim(m, &out);
        need(n > 0 && out != NULL);
        at = afl_custom_post_trim(m, verdicts >> (k % 64) & 1);
    }
    if (steps > 0) {
        n = afl_custom_trim(m, &out);
        need(n > 0 && run(m, out, n, &model) > 0);
    }
    free(own);
}

static void mutate(void *m, uint8_t *a, size_t a_size, uint8_t *b, size_t b_size, size_t most, uint64_t seed)
{
    uint8_t *out = NULL, *model;
    const size_t n = afl_custom_fuzz(m, a, a_size, &out, seed >> 63 ? NULL : b, b_size, most);
    need(n <= most);
    need(strlen(afl_custom_describe(m, 1 + seed % 64)) <= seed % 64);
    if (n == 0)
        return;
    uint8_t *mutant = copied(out, n);
    (void)run(m, mutant, n, &model);
    free(mutant);
}

/* A file of the queue carries its tape. */
static void trim_file(void *m, const uint8_t *tape, size_t size, uint64_t verdicts)
{
    uint8_t *model;
    const size_t n = run(m, tape, size, &model);
    uint8_t *file = copied(model, n);
    trim(m, file, n, verdicts);
    free(file);
}

/* A seed in 8 bytes, in two bytes each where the second input begins and the largest size; then both inputs. Every fourth call of
 * afl_custom_fuzz crosses. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void *m;
    if (size < 12)
        return 0;
    uint64_t seed = 0;
    memcpy(&seed, data, 8);
    const size_t cut = 12 + (data[8] | (size_t)data[9] << 8) % (size - 11), most = 1 + (data[10] | (size_t)data[11] << 8) % 8192;
    if (m == NULL || seed % 256 == 0) {
        if (m != NULL)
            afl_custom_deinit(m);
        m = afl_custom_init(NULL, (unsigned)seed);
        need(m != NULL);
    }
    uint8_t *a = copied(data + 12, cut - 12), *b = copied(data + cut, size - cut);
    if (seed % 8 == 1)
        trim_file(m, a, cut - 12, seed);
    else if (seed % 8 == 2)
        trim(m, b, size - cut, seed);
    else
        mutate(m, a, cut - 12, b, size - cut, most, seed);
    free(a);
    free(b);
    return 0;
}
