/* The ways in which a program writes an operator, compiled: conditions, and texts with holes for expressions.
 *
 * Ownership: everything lives in the arena that emit_ways_new is given, and borrows the table. */
#ifndef NN_EMIT_WAY_H
#define NN_EMIT_WAY_H

#include "emit/emit_table.h"
#include "reference/ref_phrase.h"

/* Text, then the value of an expression. */
typedef struct {
    const char *text;
    int phrase;  /* -1: only text */
    char format; /* after `!`, or 0 */
    spec_place place;
} emit_piece;

typedef struct {
    int condition; /* phrase; -1: it always holds */
    int fixed;     /* phrase whose value must be the same at all sizes of symbolic dimensions; -1: none */
    const int *constants;
    size_t n_constants; /* inputs whose contents must be constants of the model */
    bool all;           /* the code gives as many values as the node has outputs */
    int64_t gives;      /* number of values that the code gives; 0: a single one, that is no list */
    const emit_piece *pieces;
    size_t n;
} emit_way;

typedef struct {
    const char *reason;
    int condition;
} emit_bar;

typedef struct {
    const ref_phrases *phrases;
    const emit_bar *bars; /* what the program cannot say */
    size_t n_bars;
    const emit_way *ways;
    size_t n_ways;
    spec_place place;
} emit_ways;

/* *out NULL: the program does not have the operator. NN_ERR_TABLE names the place. */
nn_status emit_ways_new(const emit_ways **out, const emit_program *p, const ref_table *t, int op, arena *a, nn_error *err);

#endif
