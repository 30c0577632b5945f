/* Why a try failed: a reason and, if it is known, the rule of the table that failed.
 *
 * Reasons are numbers, so that they can be counted; the numbers of the builder's reasons follow those of the lowering
 * (build/build_reason.h).
 *
 * Ownership: a lower_why is a plain value; its texts are static or belong to the op_set. */
#ifndef NN_LOWER_REASON_H
#define NN_LOWER_REASON_H

#include "rules/opmodel.h"

/* X(name, text) */
/* clang-format off */
#define LOWER_REASONS(X) \
    X(NONE, "nothing failed") \
    X(CONDITION, "a condition does not hold") \
    X(CONFLICT, "conditions contradict each other") \
    X(NO_SOLUTION, "the conditions have no common solution") \
    X(LIMIT, "no solution was found within the solver's limit") \
    X(EMPTY_DOMAIN, "a domain contains no value") \
    X(LENGTH, "the length of a list to be drawn is not between 0 and 64") \
    X(STEPS, "evaluation takes too many steps") \
    X(LEVELS, "rules are nested too deeply") \
    X(LIST, "the length of a list is negative or too large") \
    X(INDEX, "an index lies outside its list") \
    X(DIVISION, "division by zero") \
    X(OVERFLOW, "a number does not fit into 64 bits") \
    X(FLOAT32, "a real number is infinite as float32") \
    X(TERMS, "a sum, product or condition has too many undecided operands") \
    X(NO_ELEMENTS, "the smallest or largest of no elements does not exist") \
    X(BROADCAST, "dimensions cannot be broadcast together") \
    X(FITS, "a shape cannot be broadcast to another one") \
    X(LENGTHS, "lists that must be equal have different lengths") \
    X(CIRCLE, "rules depend on each other in a circle") \
    X(LEFT_OUT, "a tensor or attribute is needed but left out") \
    X(NO_VALUE, "an expression has no value here") \
    X(LETTER, "only the numbers 0 to 51 have letters") \
    X(DIMENSION, "a dimension is not positive") \
    X(ARITY, "the number of tensors is not allowed for the input") \
    X(TYPE, "the element type is not allowed here") \
    X(ROLE, "the role of the input does not allow this kind of tensor") \
    X(PRESENCE, "an input is given but must be absent, or absent but must be given") \
    X(RANK, "the rank is not allowed") \
    X(OUTPUTS, "the number of outputs is not allowed") \
    X(OPERATORS, "too many operators in one group") \
    X(TARGET, "the output does not have the rank of the graph input to be replaced") \
    X(INPUT_TYPE, "no graph input can have this type") \
    X(DOMAIN, "values may lie outside the domain") \
    X(BEYOND_TYPE, "values may be infinite or outside the range of the type") \
    X(TOO_LARGE, "values may be too large") \
    X(ONE_VALUE, "the output can have only one value") \
    X(TOO_NARROW, "values are too small or too close together") \
    X(REPLACES, "the values do not cover those of the graph input to be replaced") \
    X(CONTENT_TYPE, "a value of the initializer is not finite or does not fit its type") \
    X(CONTENT_COUNT, "the length of the list is not the initializer's number of elements") \
    X(PINNED, "the value that is required is not allowed here") \
    X(GIVEN, "the given constant is none that the operator's choices lead to") \
    X(CONTENT, "no initializer of this shape and type can have such values") \
    X(EMPTY, "the operator takes no tensor without elements") \
    X(RECHECK, "the re-check found a fault")

/* The part of an operator's entry: X(name, word). */
#define LOWER_SECTIONS(X) \
    X(NOTHING, "") \
    X(WHERE, "where") \
    X(REQUIRE, "require") \
    X(EMPTY, "empty") \
    X(IDIOM, "idioms") \
    X(VAR, "value") \
    X(IN, "input") \
    X(IN_WHEN, "presence") \
    X(IN_SHAPE, "shape") \
    X(IN_SIZE, "size") \
    X(VALUES, "values") \
    X(IN_DOMAIN, "domain") \
    X(PARTNER, "partner") \
    X(OUT, "output") \
    X(OUT_WHEN, "presence") \
    X(ARITY_OF, "arity") \
    X(OUT_SHAPE, "shape") \
    X(OUT_SIZE, "size") \
    X(OUT_TARGET, "target") \
    X(RANGE, "range")
/* clang-format on */

typedef enum {
#define X(id, text) WHY_##id,
    LOWER_REASONS(X)
#undef X
        WHY_COUNT_
} lower_reason;

typedef enum {
#define X(id, word) AT_##id,
    LOWER_SECTIONS(X)
#undef X
        AT_COUNT_
} lower_section;

typedef struct {
    int reason; /* a lower_reason, or one of the builder's */
    lower_section section;
    const char *text;   /* the reason in words; static */
    const op_model *op; /* whose rule it is; NULL: unknown */
    const char *name;   /* of the input, output, attribute or variable; NULL: there is none */
    spec_place place;   /* of the rule; file NULL: it has none */
} lower_why;

const char *lower_reason_text(lower_reason r);
const char *lower_section_word(lower_section s);
/* "values may lie outside the domain: A, domain X (t.yaml:7:12)". Returns the length without the NUL, as snprintf does. */
size_t lower_why_text(const lower_why *w, char *out, size_t size);

#endif
