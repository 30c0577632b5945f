/* The option `empty` of a family: which of its models have tensors with dimensions of 0. */
#ifndef NN_EMPTY_OPEN_H
#define NN_EMPTY_OPEN_H

#include "family/family.h"

/* Fills f->empty. NN_ERR_USAGE: it is no share, or other options exclude it. */
nn_status empty_open(nn_family *f, nn_error *err);
/* The share of the nodes of the next model, in thousandths, that the entries of their operators allow to have empty tensors. */
uint32_t empty_draw(const nn_family *f, tape *t);

#endif
