/* The example as a target of libFuzzer: its inputs are tapes. */
#include "consumer.h"
#include "nngen_fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const void *model;
    size_t n;
    if (!nngen_fuzz_onnx(data, size, &model, &n) || consume(model, n) == 0)
        abort(); /* every input is a model */
    return 0;
}
