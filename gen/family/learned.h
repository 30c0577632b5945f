/* What a text of weights states besides weights, as nn_weights_like learns it from models:
 *
 *     Conv 21.4
 *     Conv,Relu 4
 *     ---
 *     ranks: {2: 120, 4: 880}         a manner, in the language of specs/manners/
 *     ---
 *     motifs: ...                     motifs, in the language of specs/motifs/
 *
 * Ownership: a learned owns its set of motifs; the rest lives in the given arena. Immutable; threads may share it. */
#ifndef NN_LEARNED_H
#define NN_LEARNED_H

#include "manner/manner.h"
#include "motif/motif.h"

#define LEARNED_WORD "like" /* of --manner and --motifs: what was learned */

typedef struct {
    const manner *manner; /* NULL: it was not asked for */
    bool given;           /* the text has a learned part */
    motif_set *motifs;    /* those of the table, if it was opened with them, then those of the text; NULL: the text has none */
} learned;

/* text: of weights, may be empty. manner: the name of the family's manner. table: the table's motifs, which must outlive the
 * result; NULL: none. NN_ERR_TABLE names the line of the text. NN_ERR_USAGE: the manner is the learned one, and the text has none.
 */
nn_status learned_open(learned *l, const char *text, const char *manner, const op_set *ops, const motif_set *table, arena *a,
                       nn_error *err);
void learned_close(learned *l);

#endif
