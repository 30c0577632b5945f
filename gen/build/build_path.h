/* Due paths: operators that follow one another, each on an output of the one before it, are placed step by step. */
#ifndef NN_BUILD_PATH_H
#define NN_BUILD_PATH_H

#include "build/build_int.h"

/* Takes over the paths that there is room for beside the due operators. False without memory. */
bool build_take_paths(builder *b, const build_request *r);
/* Whether paths are left that may not be left out. */
bool build_paths_firm(const builder *b);
/* Goes on with a due path. LOWER_FAIL: nothing was placed, but a part of a path may have been given up. */
lower_result build_path_step(builder *b);

#endif
