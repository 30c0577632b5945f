/* Operators or motifs that no model of a family has, collected by reason.
 *
 * Ownership: a missing_list owns its texts until missing_text empties it. */
#ifndef NN_MISSING_H
#define NN_MISSING_H

#include "base/json_line.h"

enum { MISSING_REASONS = 16, MISSING_NAMED = 12 }; /* NAMED: for each reason; the manifest lists all */

typedef struct {
    const char *what; /* "operator" or "motif"; the other fields begin as 0 */
    struct {
        char *text; /* "REASON\0A, B, C" */
        size_t size, capacity, named;
    } lines[MISSING_REASONS];
    size_t n, unsaid; /* unsaid: of further reasons, or when memory ran out */
} missing_list;

/* Callbacks of nngen.h; list is a missing_list. */
void missing_add(void *list, const char *name, const char *reason);
void missing_add_motif(void *list, const char *motif, const char *levels, const char *reason);
/* Appends a line for each reason and empties the list. */
void missing_text(json_line *out, missing_list *m);

#endif
