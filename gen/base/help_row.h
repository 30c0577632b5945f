/* One row of a help text: the option on the left, its meaning on the right, wrapped. */
#ifndef NN_HELP_ROW_H
#define NN_HELP_ROW_H

#include "base/json_line.h"

#define HELP_COLUMNS 100

/* "  left      text ..." with further lines below the text. A long `left` stands on a line of its own. */
void help_row(json_line *out, const char *left, const char *text);

#endif
