/* The overlay of one runtime on a table. */
#ifndef NN_SPEC_PROFILE_H
#define NN_SPEC_PROFILE_H

#include "table/spec_def.h"

/* After spec_resolve_all: fills the table's profile and exclusions and patches defs. */
nn_status spec_apply_profile(spec_loader *l, const spec_file *profile);

#endif
