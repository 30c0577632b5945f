/* Expressions of the table language: syntax tree, parser and type checker. Grammar and functions: specs/README.md.
 *
 * Ownership: trees live in the given arena and are immutable once checked. */
#ifndef NN_EXPR_H
#define NN_EXPR_H

#include "value/interval.h"
#include "table/spec_yaml.h"

typedef enum {
    TY_NONE,
    TY_INT,
    TY_BOOL,
    TY_REAL,
    TY_STRING,
    TY_INTERVAL,
    TY_INTS, /* list of int */
    TY_REALS,
    TY_STRINGS,
    TY_TENSOR,
    TY_TENSORS,  /* a variadic input or output */
    TY_DOMAIN,   /* only as the whole of an expression in choose, attrs or rank */
    TY_CONTENT,  /* generator of an initializer's values, only in `values` */
    TY_EMPTY,    /* [] before its element type is known */
    TY_BOOLS,    /* inside all, any, count */
    TY_INTERVALS /* inside sum, prod, min, max, hull */
} ex_type;

/* Limits of the family that the table may name. */
typedef enum { LIMIT_ELEMENTS, LIMIT_DIM, LIMIT_WINDOW, LIMIT_LEAST, LIMITS } op_limit;

typedef enum {
    EX_INT,
    EX_REAL,
    EX_STRING,
    EX_NAME,  /* unresolved */
    EX_VAR,   /* variable or attribute `index` */
    EX_INPUT, /* tensor */
    EX_OUTPUT,
    EX_TYPEVAR,
    EX_LOCAL, /* bound by a comprehension */
    EX_OPSET,
    EX_LIMIT, /* index: op_limit */
    EX_NEG,
    EX_NOT,
    EX_BINARY, /* op, a, b */
    EX_INDEX,  /* a[b] */
    EX_SLICE,  /* a[b:c], b or c may be NULL */
    EX_LIST,
    EX_FOR,    /* [args[0] for index in a..b | a if c]; type of the list */
    EX_CALL,   /* fn, args; args[0] may be an EX_FOR (for aggregates) */
    EX_IF,     /* if a then b else c */
    EX_RANGE,  /* a..b */
    EX_SET,    /* {args} */
    EX_BOOLS,  /* the domain bool */
    EX_COERCE, /* a, converted to `type` */
    EX_ELEMENT /* a[args ? b]; op: expr_element_flag. In the language of elements, where it takes the place of EX_INDEX and EX_SLICE
                */
} ex_kind;

enum { EXPR_BROADCAST = 1, EXPR_OUTSIDE = 2 }; /* of an EX_ELEMENT: `X[~ i]`, `X[i ? E]` */
enum { EXPR_TUPLE = 1, EXPR_LISTED = 2 };      /* of an EX_FOR of the language of elements: `v.. in L`, and in brackets */

typedef enum {
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD,
    OP_CAT,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_IN,
    OP_AND,
    OP_OR
} ex_op;

/* X(enum name, word, smallest and largest number of arguments; -1: any number). */
/* clang-format off */
#define EXPR_FUNCTIONS(X) \
    X(RANK, "rank", 1, 1) X(SHAPE, "shape", 1, 1) X(NUMEL, "numel", 1, 1) X(PRESENT, "present", 1, 1) \
    X(ARITY, "arity", 1, 1) X(NTH, "nth", 2, 2) X(PROD, "prod", 1, 1) X(SUM, "sum", 1, 1) X(LEN, "len", 1, 1) \
    X(COUNT, "count", 1, 1) X(ALL, "all", 1, 1) X(ANY, "any", 1, 1) X(MIN, "min", 1, -1) X(MAX, "max", 1, -1) \
    X(ABS, "abs", 1, 1) X(CEILDIV, "ceildiv", 2, 2) X(BROADCAST, "broadcast", 1, -1) X(FITS, "fits", 2, 2) \
    X(ONES, "ones", 1, 1) X(ZEROS, "zeros", 1, 1) X(FILL, "fill", 2, 2) X(IOTA, "iota", 1, 1) X(SETAT, "set", 3, 3) \
    X(INSERT, "insert", 3, 3) X(REMOVE, "remove", 2, 2) X(REVERSE, "reverse", 1, 1) X(SORT, "sort", 1, 1) \
    X(NORM_AXIS, "norm_axis", 2, 2) X(UNRAVEL, "unravel", 2, 2) X(LETTERS, "letters", 1, 1) X(CAN, "can", 1, 1) \
    X(WHOLE, "whole", 1, 1) X(CHOSEN, "chosen", 1, 1) X(LEAST, "least", 1, 1) X(LARGEST, "largest", 1, 1) \
    X(LIST, "list", 2, 2) X(SUBSET, "subset", 2, 2) X(PERMUTATION, "permutation", 1, 1) X(SELECT, "select", 1, 1) \
    X(PARTS, "parts", 2, 2) X(FACTORS, "factors", 2, 2) X(REALRANGE, "real", 2, 2) X(LOGREAL, "logreal", 2, 2) \
    X(REALS, "reals", 3, 3) X(FOUND, "found", 2, 2) X(LO, "lo", 1, 1) X(HI, "hi", 1, 1) X(MAG, "mag", 1, 1) X(WIDTH, "width", 1, 1) \
    X(HULL, "hull", 1, -1) X(MEET, "meet", 2, 2) X(FLOOR, "floor", 1, 1) X(CEIL, "ceil", 1, 1) X(ROUND, "round", 1, 1) \
    X(SIGN, "sign", 1, 1) X(RELU, "relu", 1, 1) X(SQR, "sqr", 1, 1) X(SQRT, "sqrt", 1, 1) X(POW, "pow", 2, 2) \
    X(SUM_OF, "sum_of", 2, 2) X(MEAN_OF, "mean_of", 2, 2) X(MONO, "mono", 1, 1) X(WIDEN, "widen", 2, 2) \
    X(LIKELY, "likely", 1, 1) X(LIVE, "live", 1, 1) X(TIES, "ties", 1, 1) \
    X(WEAK, "weak", 1, 1) X(GUESS, "guess", 2, 2) X(SCALE_FOR, "scale_for", 2, 2) X(UNIFORM, "uniform", 2, 2) X(INTEGERS, "integers", 2, 2) \
    X(DISTINCT, "distinct", 2, 2) X(PERMUTED, "permuted", 2, 2) X(TUPLES, "tuples", 1, 1) X(MASK, "mask", 0, 1) \
    X(SIGNED, "signed", 1, 1) X(EXP, "exp", 1, 1) X(LOG, "log", 1, 1) X(SIN, "sin", 1, 1) X(COS, "cos", 1, 1) \
    X(TAN, "tan", 1, 1) X(ASIN, "asin", 1, 1) X(ACOS, "acos", 1, 1) X(ATAN, "atan", 1, 1) X(SINH, "sinh", 1, 1) \
    X(COSH, "cosh", 1, 1) X(TANH, "tanh", 1, 1) X(ASINH, "asinh", 1, 1) X(ACOSH, "acosh", 1, 1) X(ATANH, "atanh", 1, 1) \
    X(ERF, "erf", 1, 1) X(SIGMOID, "sigmoid", 1, 1) X(SOFTPLUS, "softplus", 1, 1)
/* clang-format on */

typedef enum {
#define X(id, word, lo, hi) FN_##id,
    EXPR_FUNCTIONS(X)
#undef X
        FN_COUNT_
} ex_fn;

typedef struct expr expr;
struct expr {
    ex_kind
        kind : 8; /* the members that evaluation reads come first, so that more of a large tree fits into the processor's cache */
    ex_type type : 8; /* set by the checker */
    int op;           /* ex_op or ex_fn */
    int index;        /* of a variable, tensor, type variable or local */
    int height;       /* of the tree below this node; 1: a leaf */
    expr *a, *b, *c;
    expr **args;
    size_t n;
    int64_t i;
    double r;
    const char *s; /* string, or the name as written */
    spec_place place;
};

#define EXPR_MAX_DEPTH 64   /* levels of nesting in an expression */
#define EXPR_MAX_NODES 2000 /* names, numbers, operators and calls in an expression */
#define EXPR_MAX_HEIGHT 128 /* of its tree, where a chain of n operators has n levels */
#define EXPR_MAX_SET 64     /* elements of a set to choose from */
#define EXPR_MAX_LOCALS 8   /* nested comprehensions */

/* Parses one expression in the text of `node`, from offset on. more NULL: the expression must take the whole rest. Otherwise
 * parsing stops at the first word that cannot continue it (`default`, `when`), and *more is the offset of that word. Messages give
 * the place in the table. */
nn_status expr_parse(expr **out, const spec_node *node, size_t offset, size_t *more, arena *a, nn_error *err);
/* The language of elements (specs/README.md): the same expressions, but that brackets name an element of a tensor or list,
 * comprehensions may have several variables, functions are not known yet, and nothing is checked. */
nn_status expr_parse_elements(expr **out, const spec_node *node, arena *a, nn_error *err);

#define EXPR_MAX_BINDERS 8
typedef enum { HEAD_OUTPUT, HEAD_LET, HEAD_SCAN, HEAD_FUNCTION, HEAD_SHAPE, HEAD_TYPE } expr_head_kind;
/* What a rule of an output defines: `Y`, `Y[i, j..]`, `let NAME`, `let NAME[i in R]`, `scan NAME[i in R, j in R]`, `def NAME(x)`,
 * `shape Y`, `type Y`. */
typedef struct {
    expr_head_kind kind;
    const char *name;
    bool indexed;
    expr *binders[EXPR_MAX_BINDERS]; /* EX_FOR without a body; those of outputs and functions without a range */
    size_t n;
    spec_place place;
} expr_head;
nn_status expr_parse_head(expr_head *out, const spec_node *node, arena *a, nn_error *err);

const char *expr_type_name(ex_type t);
ex_type expr_domain_type(const expr *e);                     /* type of the values that a checked domain draws */
spec_place expr_place(const spec_node *node, size_t offset); /* place of a character of a scalar */

#endif
