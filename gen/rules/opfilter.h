/* The --ops expression selects operators of a set.
 *
 *     A,B or +A,+B   only these
 *     -A,-B          all but these
 *     +A,B,-B        those with a plus, without those with a minus
 *
 * Space around names is ignored. A name that the table knows but the set has not, because of the opset, the profile or the types,
 * is noted and otherwise ignored; it is an error if nothing else is named. An unknown name is an error. */
#ifndef NN_OPFILTER_H
#define NN_OPFILTER_H

#include "rules/opmodel.h"

/* An operator that was asked for and is missing. reason: the end of a sentence that begins with its name, such as "is not in opset
 * 17". */
typedef struct {
    const char *op, *reason;
} op_gone;

/* What an expression says of the operators of a set, by index. */
typedef struct {
    bool *keep;
    bool *barred;     /* named with a minus */
    const char *idle; /* the first name with a minus that removes no named operator; NULL: none does so, or none has a plus */
    bool named;       /* some have a plus, so only named operators are kept */
    op_gone *gone;
    size_t n_gone;
} op_choice;

/* The lists are in the arena. NN_ERR_USAGE: an unknown name, or nothing is kept. */
nn_status op_choice_make(op_choice *out, const op_set *s, const char *expr, arena *a, nn_error *err);
/* NN_ERR_USAGE: a minus removes nothing. It has a meaning if others than the named operators are used too. */
nn_status op_choice_idle(const op_choice *c, const char *expr, nn_error *err);
/* Keeps the operators with keep[i]. They keep their order and get new indices. Call it before the set is shared. */
void op_set_keep(op_set *s, const bool *keep);
/* Finds an operator by a name of n characters. NN_ERR_USAGE: the message says why it is missing: it is unknown (with the nearest
 * known name), left out by the profile, a filter or op_set_common, or not in the opset. */
nn_status op_set_find(const op_set *s, const char *name, size_t n, int *op, nn_error *err);
/* Why the table has the operator of that name but the set has not, as in op_gone. false: the table does not have it either. */
bool op_set_reason(const op_set *s, const char *name, size_t n, char *reason, size_t size);

#endif
