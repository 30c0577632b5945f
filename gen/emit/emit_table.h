/* How operators are written in a framework: the files of specs/programs. specs/programs/README.md describes them.
 *
 * Ownership: everything lives in the arena that emit_program_read is given. */
#ifndef NN_EMIT_TABLE_H
#define NN_EMIT_TABLE_H

#include "table/spec_table.h"

typedef struct {
    const char *name, *doc, *file; /* file: the text of a whole program */
    const char *weight, *use;      /* how a weight is made and named; NULL: programs have none */
    const char *size;              /* the size of a tensor along an axis when the program runs; NULL: programs have fixed sizes */
    const char *specification;     /* the type and shape of an input; NULL: programs do not have it */
    const char *branch; /* the operator that chooses between the results of two branches; NULL: branches are not written */
    const spec_node *taken, *types, *helpers, *parts, *operators, *classes; /* NULL: none */
} emit_program;

/* Reads the program `name`: the files of that program, merged in their order. NN_ERR_USAGE: there is none; the message lists those
 * that are. NN_ERR_TABLE names the place. */
nn_status emit_program_read(emit_program *out, const char *name, const spec_file *files, size_t n_files, arena *a, nn_error *err);
/* The entry of an operator at an opset, with what it inherits; a text is the mapping {code: text}. NULL: it has none. */
nn_status emit_entry(const spec_node **out, const emit_program *p, const char *op, int opset, arena *a, nn_error *err);

#endif
