/* A set of operator sequences of one length, in bounded memory. If there are not too many possible sequences, it has a bit for
 * each. Otherwise it stores the sequences, up to SEQSET_MOST, and above that it estimates their number (HyperLogLog: Flajolet,
 * Fusy, Gandouet, Meunier 2007; relative error about 0.4 %). Results do not depend on the order in which sequences are added or
 * sets are merged.
 *
 * Ownership: a set owns its tables. */
#ifndef NN_SEQSET_H
#define NN_SEQSET_H

#include "base.h"

#define SEQSET_MOST 40000

typedef struct {
    size_t n_ops, length;
    uint64_t possible;  /* number of possible sequences; UINT64_MAX: 2^64 or more */
    uint64_t *bits;     /* NULL: too many sequences are possible */
    uint64_t *keys;     /* hash table, open addressing: key + 1; 0: free */
    uint8_t *registers; /* registers of the estimate */
    size_t n;           /* number of keys */
    bool full;          /* there are more than SEQSET_MOST sequences; keys are not used */
} seqset;

nn_status seqset_init(seqset *s, size_t n_ops, size_t length, nn_error *err);
void seqset_free(seqset *s);
void seqset_add(seqset *s, const uint16_t *ops);       /* `length` operators */
bool seqset_has(const seqset *s, const uint16_t *ops); /* not allowed for a full set */
void seqset_merge(seqset *into, const seqset *from);
uint64_t seqset_count(const seqset *s, bool *exact);
/* The set as text, to be freed with nn_free. NULL: out of memory. */
char *seqset_text(const seqset *s);
/* Adds the set whose text this is. false: it is not the text of a set of the same kind. */
bool seqset_add_text(seqset *s, const char *text);

#endif
