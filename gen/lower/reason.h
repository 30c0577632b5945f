/* Why a try failed, in words: a reason, and where it is known the rule of the table concerned.
 *
 * Reasons are numbers, so that they can be counted; those of the builder go on after those of the lowering (build/build_reason.h).
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
    X(CONFLICT, "conditions exclude one another") \
    X(NO_SOLUTION, "the conditions have no common solution") \
    X(LIMIT, "no solution was found within the solver's limit") \
    X(EMPTY_DOMAIN, "a domain holds no value") \
    X(LENGTH, "a list to be drawn would not have 0 to 64 elements") \
    X(STEPS, "evaluation takes too many steps") \
    X(LEVELS, "rules are nested too deeply") \
    X(LIST, "a list would be too long or have a negative length") \
    X(INDEX, "an index lies outside of its list") \
    X(DIVISION, "a division by zero") \
    X(OVERFLOW, "a number lies beyond 64 bits") \
    X(FLOAT32, "a real is infinite as float32") \
    X(TERMS, "a sum, product or condition has too many open numbers") \
    X(NO_ELEMENTS, "the least or largest of no elements has no value") \
    X(BROADCAST, "dimensions cannot be broadcast to one another") \
    X(FITS, "a shape does not fit another") \
    X(LENGTHS, "lists that must be equal have different lengths") \
    X(CIRCLE, "rules depend on one another in a circle") \
    X(LEFT_OUT, "a tensor or attribute that is left out is needed") \
    X(NO_VALUE, "an expression has no value here") \
    X(LETTER, "letters stand for the numbers 0 to 51 only") \
    X(DIMENSION, "a dimension is not positive") \
    X(ARITY, "an input takes another number of tensors") \
    X(TYPE, "the element type is none that may stand here") \
    X(ROLE, "an input takes a tensor of another role") \
    X(PRESENCE, "an input is given that must be absent, or absent that must be given") \
    X(RANK, "the rank is not allowed") \
    X(OUTPUTS, "the number of outputs is not allowed") \
    X(OPERATORS, "too many operators would be solved together") \
    X(TARGET, "the output has another rank than what it is to replace") \
    X(INPUT_TYPE, "no graph input can have the type") \
    X(DOMAIN, "values may lie outside of the domain") \
    X(BEYOND_TYPE, "values may be infinite or beyond the type") \
    X(TOO_LARGE, "values may be too large") \
    X(ONE_VALUE, "there would be one value only") \
    X(TOO_NARROW, "values are too small or too close together") \
    X(REPLACES, "values do not spread as those of what is to be replaced") \
    X(CONTENT_TYPE, "a value of the initializer is not finite or not of its type") \
    X(CONTENT_COUNT, "the initializer's list has another number of elements") \
    X(CONTENT, "no initializer of this shape and type can hold such values") \
    X(RECHECK, "the re-check found a fault")

/* Where in an operator's entry: X(name, word). `of` is what has the name. */
#define LOWER_SECTIONS(X) \
    X(NOTHING, "") \
    X(WHERE, "where") \
    X(REQUIRE, "require") \
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
    const op_model *op; /* whose rule it is, NULL: not known */
    const char *name;   /* of the input, output, attribute or variable, NULL: of none */
    spec_place place;   /* of the rule; file NULL: it has none */
} lower_why;

const char *lower_reason_text(lower_reason r);
const char *lower_section_word(lower_section s);
/* "values may lie outside of the domain: A, domain X (t.yaml:7:12)"; the length without the NUL, as snprintf. */
size_t lower_why_text(const lower_why *w, char *out, size_t size);

#endif
