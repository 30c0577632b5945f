/* The kinds of edits from which nn_tape_mutate draws one; the public functions are in nngen.h. */
#ifndef NN_TAPE_EDIT_H
#define NN_TAPE_EDIT_H

#include "base.h"

#define TAPE_EDITS 8

const char *tape_edit_name(size_t kind); /* "insert", "remove", ... */
/* nn_tape_mutate with an edit of this kind; if the tape has nothing for it to change, a step is inserted. */
size_t tape_edit(const void *tape, size_t size, void *out, size_t most, uint64_t seed, size_t kind);

#endif
