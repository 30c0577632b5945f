/* The command seeds and the option --tape. What they tell is added to `out`, unless --quiet is given. */
#ifndef NN_TAPES_H
#define NN_TAPES_H

#include "base/json_line.h"
#include "family/options.h"
#include "nngen.h"

/* Writes the model of the tape --tape to --out. */
nn_status tapes_write_model(json_line *out, const options *o, const nn_family *family, nn_error *err);
nn_status tapes_write_seeds(json_line *out, const options *o, const nn_table *table, nn_error *err);

#endif
