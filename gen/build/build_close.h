/* Moves that finish what is open: live nodes without an output of data, components, live nodes beyond the limit. */
#ifndef NN_BUILD_CLOSE_H
#define NN_BUILD_CLOSE_H

#include "build/build_group.h"

/* Brings the outputs of a live node that has none of data a step nearer to data. Weak or constant ones are joined with another
 * tensor. any: by any operator that takes the type, not by the shortest way alone. */
lower_result close_sink(builder *b, bool any);
/* Whatever must be closed next. */
lower_result close_step(builder *b);

#endif
