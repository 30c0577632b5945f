/* The help text of nngen: usage, commands, options in groups. */
#ifndef NN_HELP_H
#define NN_HELP_H

#include "base/json_line.h"
#include "family/options.h"

void help_text(json_line *out);
/* The same for the command o->command: merge, verify or replay. */
void help_command(json_line *out, const options *o);

#endif
