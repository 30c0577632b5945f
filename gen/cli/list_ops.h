/* What --list-ops prints: the operators as the table was understood, and those left out with the reason.
 *
 * text: one operator a line, its name first; lines that begin with # are comments. json: one object. markdown: a table.
 *
 * Ownership: the text is appended to the caller's buffer. */
#ifndef NN_LIST_OPS_H
#define NN_LIST_OPS_H

#include "family/family.h"
#include "base/json_line.h"

/* format: "", "text", "json" or "markdown". */
nn_status list_ops(json_line *out, const nn_table *t, const char *format, nn_error *err);

#endif
