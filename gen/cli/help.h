/* Help texts: a line's words on the left, what they mean on the right, wrapped. */
#ifndef NN_HELP_H
#define NN_HELP_H

#include "base/json_line.h"

#define HELP_COLUMNS 100

/* "  left      text ..." with further lines below the text. A long `left` stands on a line of its own. */
void help_row(json_line *out, const char *left, const char *text);
/* That of nngen: usage, commands, options in groups. */
void help_text(json_line *out);

#endif
