/* The option `dynamic` of a family: which of its models have symbolic dims. */
#ifndef NN_DYNAMIC_OPEN_H
#define NN_DYNAMIC_OPEN_H

#include "family/family.h"

/* Fills f->dynamic. NN_ERR_USAGE: it is no share, or other options exclude it. */
nn_status dynamic_open(nn_family *f, nn_error *err);

#endif
