/* Moves that close what is open: live nodes without an output of data, separate components, and live nodes beyond the limit. */
#ifndef NN_BUILD_CLOSE_H
#define NN_BUILD_CLOSE_H

#include "build/build_group.h"

/* Brings the outputs of a live node that has none of data one step nearer to data. Weak or constant outputs are joined with
 * another tensor. any: by any operator that accepts the type, not only on the shortest way. */
lower_result close_sink(builder *b, bool any);
/* Closes what must be closed next. */
lower_result close_step(builder *b);

#endif
