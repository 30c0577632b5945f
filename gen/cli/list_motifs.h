/* Prints --list-motifs: the motifs of the table, and those that are left out, with the reason.
 *
 * text: one motif in each line, which begins with its name; lines that begin with # are comments. json: one object.
 *
 * Ownership: the text is appended to the caller's buffer. */
#ifndef NN_LIST_MOTIFS_H
#define NN_LIST_MOTIFS_H

#include "base/json_line.h"
#include "family/family.h"

/* format: "", "text" or "json". */
nn_status list_motifs(json_line *out, const nn_table *t, const char *format, nn_error *err);

#endif
