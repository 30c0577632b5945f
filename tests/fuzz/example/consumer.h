#ifndef CONSUMER_H
#define CONSUMER_H

#include <stddef.h>
#include <stdint.h>

/* The number of nodes of an ONNX model. */
size_t consume(const uint8_t *model, size_t size);

#endif
