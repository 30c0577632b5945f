/* A model file that carries its tape, in base64 as the value of a metadata property at its end. AFL++ keeps what it has run, which
 * is the model; so its queue has the tapes as well, and a crash can be reproduced with the file alone. */
#ifndef NN_CARRIED_H
#define NN_CARRIED_H

#include "base.h"

size_t carried_size(size_t model, size_t tape);
/* Writes carried_size bytes. */
void carried_write(const uint8_t *model, size_t n, const uint8_t *tape_bytes, size_t tape_size, uint8_t *out);
/* Writes the tape to `out`, which has room for `size` bytes and may be `bytes`, and returns its size: that of a file that carries
 * one, else the bytes themselves. */
size_t carried_tape(const uint8_t *bytes, size_t size, uint8_t *out);

#endif
