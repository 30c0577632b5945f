/* Expressions of motifs: over dims, types and the shapes of tensors.
 *
 * Ownership: as in motif_def.h; values live in the arena given to motif_value. */
#ifndef NN_MOTIF_EXPR_H
#define NN_MOTIF_EXPR_H

#include "motif/motif_def.h"
#include "recheck/recheck_value.h"

/* State of the compilation of one motif. */
typedef struct {
    motif_def *def;
    const op_set *ops;
    arena *a;
    nn_error *err;
    bool outline;                     /* expressions are not needed, and the entry is sound */
    char subject[SPEC_MAX_NAME + 16]; /* "motif NAME" */
} motif_compile;

/* An error at a place: "motif NAME: ...". */
nn_status motif_error(const motif_compile *c, spec_place place, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* The motif does not fit the operators. An error as above, unless a profile has changed them or the opset is
   older than those that motifs are written for: then the motif is left out. */
nn_status motif_misfit(const motif_compile *c, spec_place place, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Leaves the motif out, unless it is already. reason: NULL: no memory. */
nn_status motif_leave_out(const motif_compile *c, const char *reason);
size_t motif_name_length(const char *s); /* of the letters, digits and _ at its beginning */
/* Index of the symbol, -1: unknown. */
int motif_symbol_find(const motif_def *d, const char *name);
/* NN_ERR_TABLE: the motif has a symbol of this name, or too many. The name must be one. */
nn_status motif_symbol_add(const motif_compile *c, const char *name, sym_kind kind, int index, int output, spec_place place);
/* "; did you mean `x`?", or "" */
typedef struct {
    char s[160];
} motif_hint;
motif_hint motif_near(const char *word, const char *const *names, size_t n);

/* The characters [from, to) of a scalar as a scalar of its own. Columns of messages stay right. NULL: no memory. */
const spec_node *motif_text(const spec_node *node, size_t to, arena *a);

/* Parses and checks the expression that begins at `offset` and takes the rest of the text. */
nn_status motif_expr_parse(motif_expr *out, const motif_compile *c, const spec_node *node, size_t offset, ex_type want);
/* `A..B`, a set `{A, B}` or a value, of ints or reals. */
nn_status motif_draw_parse(motif_draw *out, const motif_compile *c, const spec_node *node, size_t offset, ex_type want);
/* The same, where YAML may have read a set as a mapping from the elements to nothing. */
nn_status motif_draw_node(motif_draw *out, const motif_compile *c, const spec_node *node, ex_type want);

recheck_result motif_value(inst_value *out, const motif_expr *e, const motif_values *v, const op_set *ops,
                           const lower_limits *limits, arena *a, const char **why);

#endif
