/* The evaluation of the rules on one node.
 *
 * A rule is evaluated for blocks of its output's elements: all lanes together, one vector operation for each part of the
 * expression. A frame is a set of lanes. Inside a comprehension or a branch there is a new frame, whose lanes each come from a lane
 * of the frame above; values of variables follow when they are used.
 *
 * Errors are kept in the run; evaluation then goes on with values of no meaning until the caller sees the status. */
#ifndef NN_REF_RUN_H
#define NN_REF_RUN_H

#include "reference/ref_rules.h"

typedef struct ref_frame ref_frame;
struct ref_frame {
    ref_frame *up;
    size_t n;
    const uint32_t *from; /* lane of `up` that each lane comes from; NULL: lane i % up->n */
};

typedef struct {
    ref_value value;
    const ref_frame *home; /* NULL: not set */
} ref_local;

typedef struct {
    ref_local locals[REF_MAX_LOCALS];
} ref_scope;

typedef struct {
    ref_vectors r;
    const ref_table *table;
    const ref_program *p;
    const ref_node *node; /* own */
    ref_node own;
    ref_unit unit;
    ref_frame *frame;
    ref_scope *scope;
    ref_value inputs[OP_MAX_INPUTS]; /* REF_TENSOR, REF_TENSORS, or a tensor that is NULL */
    ref_tensor *outputs[OP_MAX_OUTPUTS];
    size_t first_part, n_parts; /* of the variadic output, in node->outputs */
    ref_value lets[REF_MAX_LETS];
    ref_value vars[OP_MAX_VARS];
    bool var_known[OP_MAX_VARS];
    const ref_tensor *output; /* that is being computed */
    ref_tensor *part;         /* of a variadic output */
    size_t block;             /* first element of the block */
    const ref_frame *root;    /* the frame of the block */
    int depth, level;         /* of functions, of expressions */
    double work, max_work;    /* lanes of comprehensions so far, and at most */
    nn_status status;
    nn_error *err;
} ref_run;

/* ref_node.c: a run of a program on a node; and one definition. The lists of a run are in `scratch`. */
nn_status ref_begin(ref_run *run, const ref_table *table, const ref_program *program, const ref_node *node, arena *scratch,
                    nn_error *err);
void ref_run_let(ref_run *run, const ref_rule *rule, arena *results);

/* ref_eval.c */
ref_value ref_eval(ref_run *run, const ref_expr *x);
ref_value ref_number(ref_run *run, const ref_expr *x); /* fails on others than numbers */
int64_t ref_uniform_int(ref_run *run, const ref_value *v, spec_place place, const char *what);
ref_value ref_list(ref_run *run, const ref_expr *x);
ref_value ref_new_list(ref_run *run, size_t n);
const ref_tensor *ref_tensor_of(ref_run *run, const ref_expr *x); /* NULL: absent, or an error */
ref_value ref_var(ref_run *run, int var, spec_place place);
void ref_fail(ref_run *run, spec_place place, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
ref_value ref_binary(ref_run *run, ex_op op, ref_value a, ref_value b, spec_place place);
/* Enters a frame whose lanes come from those of the current one; ref_leave goes back. */
void ref_enter(ref_run *run, ref_frame *frame, ref_scope *scope, size_t n, const uint32_t *from);
void ref_leave(ref_run *run, const ref_frame *frame, ref_scope *outer);
/* The value of a variable of frame `home` in the current frame. */
ref_value ref_carry(ref_run *run, ref_value value, const ref_frame *home);
/* A value of a frame that has one lane, as the same for all lanes of others. */
ref_value ref_for_all(ref_value x);
/* The elements of a, or of b where mask[i] is 0. */
ref_value ref_merge(ref_run *run, ref_value a, ref_value b, const uint8_t *mask, spec_place place);

/* ref_element.c */
ref_value ref_element(ref_run *run, const ref_expr *x);

/* ref_reduce.c: comprehensions. */
typedef struct {
    ref_run *run;
    const ref_value *body; /* of one chunk: a number */
    size_t n;              /* its elements, each used, in all lanes */
    const uint32_t *lane;  /* of the outer frame, for each element; NULL: i % outer */
    const uint32_t *place; /* position in the comprehension, for each element; NULL: first + i / outer */
    size_t first, outer, total;
} ref_chunk;
typedef void ref_sink(void *data, const ref_chunk *chunk);
size_t ref_each(ref_run *run, const ref_expr *comprehension, ref_sink *sink, void *data); /* number of positions */
ref_value ref_reduce(ref_run *run, const ref_expr *x);
ref_value ref_comprehension(ref_run *run, const ref_expr *x); /* as a list */
double ref_gamma(const ref_unit *u, double n);                /* relative error of n roundings */

ref_value ref_static(ref_run *run, const ref_expr *x);                          /* ref_static.c */
ref_value ref_numbers(ref_run *run, const ref_expr *x);                         /* ref_number.c */
ref_value ref_slice(ref_run *run, const ref_expr *x);                           /* ref_slice.c */
ref_value ref_taps(ref_run *run, const ref_expr *x);                            /* ref_taps.c */
ref_value ref_axes(ref_run *run, const ref_expr *x);                            /* ref_axes.c */
ref_value ref_scatter(ref_run *run, const ref_expr *x, const ref_tensor *data); /* ref_scatter.c */
/* ref_store.c: puts the lanes of a value into a tensor from element `first` on. false: out of memory. */
bool ref_store(ref_run *run, ref_tensor *t, size_t first, ref_value v, arena *a, spec_place place);

#endif
