/* Fuzzing with nngen: libnngen_fuzz.a for libFuzzer, and nngen_afl.so for AFL++ (gen/fuzz/README.md).
 *
 * The fuzzer's inputs are tapes (nngen.h), which nn_tape_mutate and nn_tape_cross change; every input is a valid model. A libFuzzer
 * target links libnngen_fuzz.a, which defines LLVMFuzzerCustomMutator and LLVMFuzzerCustomCrossOver, and asks for the model:
 *
 *     int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
 *     {
 *         const void *model;
 *         size_t n;
 *         if (nngen_fuzz_onnx(data, size, &model, &n))
 *             consume(model, n);
 *         return 0;
 *     }
 *
 * One process has one family, which is opened at the first call and stays open. The functions serve one thread. */
#ifndef NNGEN_FUZZ_H
#define NNGEN_FUZZ_H

#include "nngen.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A target may define this function to change the defaults: opset 17, profile onnx, 16 nodes, tensors of 64 elements, no input
 * sets. It is called once, before anything else. */
NN_API void nngen_fuzz_configure(nn_table_config *table, nn_family_config *family) __attribute__((weak));

/* The model of a tape, valid until the next call of a function here; NULL: the family cannot be opened, or memory ran out. */
NN_API nn_model *nngen_fuzz_model(const void *tape, size_t size);
/* Its ONNX file. Returns 1, or 0 as nngen_fuzz_model returns NULL. */
NN_API int nngen_fuzz_onnx(const void *tape, size_t size, const void **bytes, size_t *n);
/* Writes out the decisions of a tape that has steps, so that later mutations are local; a tape without steps stays as it is. The
 * tape is in place, in `most` bytes; returns its new size. */
NN_API size_t nngen_fuzz_settle(void *tape, size_t size, size_t most);

#ifdef __cplusplus
}
#endif

#endif
