/* Prints --list-ops: the operators as nngen understood the table, and the operators that are left out, with the reason.
 *
 * text: one operator in each line, which begins with its name; lines that begin with # are comments. json: one object. markdown:
 * a table.
 *
 * Ownership: the text is appended to the caller's buffer. */
#ifndef NN_LIST_OPS_H
#define NN_LIST_OPS_H

#include "family/family.h"
#include "base/json_line.h"

/* format: "", "text", "json" or "markdown". */
nn_status list_ops(json_line *out, const nn_table *t, const char *format, nn_error *err);

#endif
