/* Lines of JSON objects, of which only some texts at the top are of interest.
 *
 * Ownership: nothing is allocated; texts are copied to the caller's buffers. */
#ifndef NN_SUITE_LINES_H
#define NN_SUITE_LINES_H

#include "base.h"

#define LINE_TEXT 160 /* room for a text with its NUL */

/* Copies the text of a key of the object in the line of n bytes. false: the line is no object, has no such key, or its value is no
 * text that fits. Of escapes, only \" \\ and \/ are understood. */
bool line_field(const char *line, size_t n, const char *key, char out[LINE_TEXT]);

#endif
