/* Manners: how the models of a family are drawn. Each model has one manner: how deep and wide its graph is, which operators and
 * sequences of them are frequent, which are left out, and how attributes, ranks and dims are drawn. That models differ in what they
 * leave out finds more than if each held a little of everything (Groce et al., "Swarm Testing", ISSTA 2012).
 *
 * A manner is data: a file specs/manners/NAME.yaml. What it does not state is drawn as without a manner.
 *
 * Ownership: a manner_set lives in the given arena, borrows the op_set, is immutable, and may be shared by threads. */
#ifndef NN_MANNER_H
#define NN_MANNER_H

#include "arena.h"
#include "draw/choice.h"
#include "rules/instance.h"
#include "rules/opmodel_rules.h"

/* X(key, scale): a number or range, drawn anew for each model. Shares are kept in thousandths, counts as they are. */
#define MANNER_RANGES(X)                                                                                   \
    X(motifs, 1000)         /* share of the nodes that belong to motifs */                                 \
    X(chain, 1000)          /* probability that the graph is deep: operators consume the newest tensors */ \
    X(inputs, 1)            /* number of graph inputs aimed at */                                          \
    X(outputs, 1)           /* number of unconsumed tensors aimed at */                                    \
    X(joins, 1000)          /* share of the nodes with two inputs */                                       \
    X(reuse, 1000)          /* number of tensors with several consumers, as a share of the nodes */        \
    X(constants, 1000)      /* share of the operands that are constants where both are possible */         \
    X(left_out, 1000)       /* share of the operators that are drawn only where they are due */            \
    X(planned, 1000)        /* share of the nodes that are planned as sequences */                         \
    X(boundary, 1000)       /* share of instances with values at the ends of their domains */              \
    X(high_ranks, 1000)     /* share of instances whose tensors may exceed the highest rank in `ranks` */  \
    X(idioms, 1000)         /* share of instances that follow an idiom of the operator's entry */          \
    X(same_tensor, 1000)    /* share of nodes that take a tensor twice where they can */                   \
    X(equal_nodes, 1000)    /* share of the nodes that compute again what another one computes */          \
    X(constant_nodes, 1000) /* share of the nodes that are constants for others; needs `holder` */         \
    X(shared, 1000)         /* share of the initializers that give way to one of another node */           \
    X(equal_contents, 1000) /* share of the initializers that get the contents of another one */           \
    X(own_constants, 1000)  /* share of the motifs whose nodes do not share constants */                   \
    X(source_outputs, 1000) /* share of the sources whose data are graph outputs */

typedef enum {
#define X(key, scale) MANNER_##key,
    MANNER_RANGES(X)
#undef X
        MANNER_COUNT
} manner_key;

typedef struct {
    bool given;
    uint32_t least, most;
} manner_range;

/* Dims least, least + step, ... up to most. */
typedef struct {
    int64_t least, most, step;
} manner_dim;

/* A distribution of dims; n 0: not stated. */
typedef struct {
    const manner_dim *rows;
    const uint32_t *weights;
    size_t n;
} manner_dims;

/* Conditions that an instance meets with this probability, if it can. */
typedef struct {
    const char *name;
    uint32_t share; /* in thousandths */
    expr **conditions;
    size_t n;
} manner_habit;

/* A domain that replaces the entry's with this probability. */
typedef struct {
    uint32_t share; /* in thousandths */
    const expr *from;
} manner_choice;

typedef enum {
    USAGE_VALUE,    /* the variable has this value */
    USAGE_LEFT_OUT, /* the attribute is not written */
    USAGE_CONDITION /* the variable is equal to an expression, such as a dim of an input */
} usage_kind;

typedef struct {
    int var;
    usage_kind kind;
    inst_value v;
    expr *condition;
} usage_value;

/* A constant operand. */
typedef struct {
    int input;
    int rank;
    uint32_t ones; /* bit k: dim k is 1 */
} usage_operand;

/* What one node was seen with, or several nodes: attributes, and shapes of constant operands, together. */
typedef struct {
    int rank; /* of the first input; -1: any */
    const usage_value *values;
    size_t n_values;
    const usage_operand *operands;
    size_t n_operands;
} manner_usage;

typedef struct {
    const manner_habit *habits;
    size_t n_habits;
    const manner_usage *usages;
    const uint32_t *usage_weights;
    size_t n_usages;
    const manner_choice *vars;  /* by variable; NULL: none */
    const manner_choice *ranks; /* by input, for the ranks of new initializers; NULL: none */
} manner_op;

/* Operators that follow one another. */
typedef struct {
    const uint16_t *ops;
    size_t n;
    uint32_t weight;
} manner_path;

typedef struct {
    const char *name, *doc;
    uint32_t mixed; /* how often `mixed` draws it, relative to the others */
    manner_range ranges[MANNER_COUNT];
    uint32_t ranks[NN_MAX_RANK + 1]; /* weights of the ranks of new tensors; all 0: not stated */
    manner_dims batch;               /* of the first axis of new tensors that have two or more */
    manner_dims dims;                /* of all other axes of new tensors */
    const manner_op *ops;            /* by operator, those inside motifs too; NULL: none */
    const uint32_t *weights;         /* of the operators, in thousandths; NULL: all equal */
    const manner_path *paths;
    size_t n_paths;
    const op_model *holder; /* the operator that is a constant; NULL: none, or the op_set lacks it */
} manner;

#define MANNER_MAX_PATHS 4096
#define MANNER_PATH_MAX 8 /* operators of a sequence */

typedef struct {
    const manner *items; /* in name order; uniform is always there */
    size_t n;
} manner_set;

/* files: the table's manners. Operators of the table that the op_set lacks are left out. NN_ERR_TABLE: a malformed manner, with
 * file, line and reason. */
nn_status manner_set_load(manner_set **out, const op_set *ops, const spec_file *files, size_t n_files, arena *a, nn_error *err);

/* A manner that is no file of the table; file: its text, and the name for messages. */
nn_status manner_load(manner **out, const char *name, const op_set *ops, const spec_file *file, arena *a, nn_error *err);

/* What one model drew from its manner. */
typedef struct {
    const manner *of;
    uint32_t value[MANNER_COUNT]; /* of the ranges that are given */
} manner_drawn;

/* Whether models of this manner are drawn as without one. */
bool manner_is_plain(const manner *m);
void manner_draw(manner_drawn *out, const manner *m, tape *t);
static inline bool manner_says(const manner_drawn *d, manner_key key)
{
    return d && d->of->ranges[key].given;
}

#endif
