/* Due paths: operators that must follow one another, each consuming an output of the one before it. They are placed step by
 * step. */
#ifndef NN_BUILD_PATH_H
#define NN_BUILD_PATH_H

#include "build/build_int.h"

/* Takes the paths that there is room for, in addition to the due operators. false: out of memory. */
bool build_take_paths(builder *b, const build_request *r);
/* Whether there are paths that must not be left out. */
bool build_paths_firm(const builder *b);
/* Continues a due path. LOWER_FAIL: nothing was placed, but a part of a path may have been given up. */
lower_result build_path_step(builder *b);

#endif
