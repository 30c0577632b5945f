/* Memory for protobuf-c with a limit: 64 MiB and 16 times the size of the message. */
#ifndef NN_ONNX_BUDGET_H
#define NN_ONNX_BUDGET_H

#include "base.h"

typedef struct {
    size_t left;
    bool spent, failed; /* spent: the limit was reached; failed: out of memory */
} onnx_budget;

static inline onnx_budget onnx_budget_for(size_t size)
{
    return (onnx_budget){.left = ((size_t)64 << 20) + 16 * size};
}

/* The functions of a ProtobufCAllocator whose data is an onnx_budget. */
static inline void *onnx_budget_take(void *data, size_t n)
{
    onnx_budget *b = data;
    if (n > b->left) {
        b->spent = true;
        return NULL;
    }
    b->left -= n; /* freed memory is not added back: protobuf-c frees little while it parses */
    void *p = nn_malloc(n);
    b->failed = b->failed || p == NULL;
    return p;
}

static inline void onnx_budget_give(void *data, void *p)
{
    (void)data;
    nn_free(p);
}

#endif
