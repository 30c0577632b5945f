/* Shared by the files that implement dtype.h. */
#ifndef NN_DTYPE_IMPL_H
#define NN_DTYPE_IMPL_H

#include "value/dtype.h"

/* Distance of the type's values about a finite x. */
double dtype_step(const dtype_format *f, double x);

#endif
