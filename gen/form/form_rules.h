/* What the files of specs/forms say (specs/forms/README.md).
 *
 * Ownership: everything lives in the arena that form_rules_load was given. */
#ifndef NN_FORM_RULES_H
#define NN_FORM_RULES_H

#include "form/form.h"
#include "table/spec_yaml.h"
#include "value/dtype.h"

/* Names that ONNX gives to operators and attributes, by role. */
#define FORM_WORD_ROWS(X)                                                                                                   \
    X(IF, "if")                                                                                                             \
    X(THEN, "then")                                                                                                         \
    X(ELSE, "else")                                                                                                         \
    X(LOOP, "loop")                                                                                                         \
    X(SCAN, "scan")                                                                                                         \
    X(BODY, "body")                                                                                                         \
    X(SCANNED, "scanned")                                                                                                   \
    X(INPUT_AXES, "input_axes")                                                                                             \
    X(INPUT_DIRECTIONS, "input_directions")                                                                                 \
    X(OUTPUT_AXES, "output_axes") X(OUTPUT_DIRECTIONS, "output_directions") X(IDENTITY, "identity") X(CONCAT, "concat")     \
        X(AXIS, "axis") X(CONSTANT, "constant") X(VALUE, "value") X(SPARSE_VALUE, "sparse_value") X(VALUE_INT, "value_int") \
            X(VALUE_INTS, "value_ints") X(VALUE_FLOAT, "value_float") X(VALUE_FLOATS, "value_floats") X(SHAPE, "shape")     \
                X(EXPAND, "expand")

typedef enum {
#define X(id, word) WORD_##id,
    FORM_WORD_ROWS(X)
#undef X
        FORM_WORDS
} form_word;

#define FORM_LIMIT_ROWS(X)  \
    X(IF, "if")             \
    X(LOOP, "loop")         \
    X(SCAN, "scan")         \
    X(FUNCTION, "function") \
    X(NEUTRAL, "neutral") X(DEPTH, "depth") X(TRIPS, "trips") X(IR, "ir") X(OPSET, "opset") X(EXTERNAL, "external")

typedef enum {
#define X(id, word) LIMIT_##id,
    FORM_LIMIT_ROWS(X)
#undef X
        FORM_LIMITS
} form_limit;

typedef enum {
    USE_NEUTRAL,
    USE_ALWAYS,
    USE_NEVER,
    USE_EITHER,
    USE_BELOW,
    USE_PICK,
    USE_TAKE,
    USE_RAISE,
    USE_LENGTH,
    FORM_USES
} form_use;

/* Lists of integers. Those of one element are also single integers. */
typedef enum {
    DIMS_SAME,   /* the dims of x */
    DIMS_FLAT,   /* their product */
    DIMS_SCALAR, /* no dims */
    DIMS_ONES,   /* as many ones as dims */
    DIMS_PERMUTATION,
    DIMS_INVERSE,  /* of the permutation */
    DIMS_PERMUTED, /* the dims in its order */
    DIMS_RAISED,   /* the dims with a 1 at the axis */
    DIMS_PICKED,   /* the dims without that of the axis */
    DIMS_SLICED,   /* the dims with a 1 for that of the axis */
    DIMS_SPREAD,   /* the dims, with a 1 for each that a symbol sizes */
    DIMS_AXIS,     /* from here on lists of one element */
    DIMS_LAST,     /* the last axis */
    DIMS_INDEX,
    DIMS_NEXT,  /* index + 1 */
    DIMS_RANKS, /* the number of dims */
    DIMS_UNIT,  /* 1 */
    FORM_DIMS
} form_dims;

/* Numbers, as a scalar of the type of x. */
typedef enum { NUMBER_ZERO, NUMBER_ONE, NUMBER_ABOVE, NUMBER_BELOW, NUMBER_MIDDLE, NUMBER_LIMIT, FORM_NUMBERS } form_number;

typedef enum { OPERAND_X, OPERAND_INDEX, OPERAND_LIST, OPERAND_INT, OPERAND_NUMBER, OPERAND_TRUE, OPERAND_SHAPE } form_operand_kind;

typedef struct {
    form_operand_kind kind;
    int what; /* form_dims or form_number */
} form_operand;

typedef struct {
    const char *name;
    bool literal, type; /* type: `number` is the number of a type, 0 for that of x */
    int64_t number;
    form_dims dims;
} form_setting;

enum { STEP_INPUTS = 4, STEP_ATTRS = 4, CHAIN_STEPS = 6 };

typedef struct {
    const char *op_type;
    form_operand inputs[STEP_INPUTS];
    size_t n_inputs;
    form_setting attrs[STEP_ATTRS];
    size_t n_attrs;
    dtype type;     /* of the result; DT_NONE: that of x */
    form_dims dims; /* the same */
} form_step;

typedef struct {
    form_use use;
    dtype_mask types;
    int least_rank, most_rank;
    bool sizes; /* only for an x whose dims a symbol sizes */
    form_step steps[CHAIN_STEPS];
    size_t n_steps;
} form_chain;

typedef struct {
    const char **items;
    size_t n;
} form_texts;

typedef struct {
    const char *key, *value;
} form_entry;

typedef struct {
    form_entry *items;
    size_t n;
} form_entries;

struct form_rules {
    uint32_t shares[FORM_KINDS]; /* in thousandths */
    uint32_t limits[FORM_LIMITS];
    const char *words[FORM_WORDS];
    form_chain *chains;
    size_t n_chains;
    form_texts names, nodes, docs;
    form_entries metadata, imports;
    uint8_t carried[DT_COUNT]; /* the oldest opset at which nodes with bodies take the type; 0: never */
};

/* A share such as "0.25" in thousandths, at most 1; *at moves behind it. */
bool form_share(const char **at, uint32_t *x);

#endif
