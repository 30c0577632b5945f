/* Messages of tools in a form that does not change while a model shrinks.
 *
 * Ownership: nothing is kept; the output belongs to the caller. */
#ifndef NN_REDUCE_MESSAGE_H
#define NN_REDUCE_MESSAGE_H

#include "base/json_line.h"
#include "reduce/reduce_names.h"

/* Finds the line of an output that says most about a failure: the first one that speaks of an error; after the traceback of a
 * Python program its last line; otherwise the last line that is no warning. *n is 0 if there is none. */
const char *reduce_message_find(const char *text, size_t size, size_t *n);
/* Appends a message without what differs from model to model: numbers, addresses, folders of paths, the names of the model (which
 * are sorted; those that are words of the language in quotes only), other quoted names, and lengths of lists of numbers. Words of
 * `kept`, such as types of operators, stay. */
void reduce_message_normalise(json_line *out, const char *text, size_t n, const reduce_names *names, const reduce_names *kept);

#endif
