/* The hooks of libFuzzer: its inputs are tapes, and it mutates them as tapes. */
#include "nngen_fuzz.h"

NN_API size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed);
NN_API size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out, size_t most,
                                        unsigned int seed);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed)
{
    const size_t settled = nngen_fuzz_settle(data, size, most), n = nn_tape_mutate(data, settled, data, most, seed);
    return n > 0 ? n : settled;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out, size_t most,
                                 unsigned int seed)
{
    return nn_tape_cross(a, a_size, b, b_size, out, most, seed);
}
