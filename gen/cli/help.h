/* The help text of nngen: usage, commands, options in groups. */
#ifndef NN_HELP_H
#define NN_HELP_H

#include "base/json_line.h"

void help_text(json_line *out);

#endif
