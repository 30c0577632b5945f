/* A set of sequences of operators of one length, of bounded memory: a bit for each possible sequence where they are not too many,
 * else the sequences themselves up to SEQSET_MOST, and past that an estimate of their number (HyperLogLog: Flajolet, Fusy,
 * Gandouet, Meunier 2007; relative error about 0.4 %). What it tells does not depend on the order in which sequences come or on
 * how sets were merged.
 *
 * Ownership: a set owns its tables. */
#ifndef NN_SEQSET_H
#define NN_SEQSET_H

#include "base.h"

#define SEQSET_MOST 40000

typedef struct {
    size_t n_ops, length;
    uint64_t possible;  /* sequences; UINT64_MAX: more than can be counted */
    uint64_t *bits;     /* NULL: they are too many */
    uint64_t *keys;     /* open addressing, key + 1, 0: free */
    uint8_t *registers; /* of the estimate */
    size_t n;           /* of keys */
    bool full;          /* more than SEQSET_MOST: keys are of no use */
} seqset;

nn_status seqset_init(seqset *s, size_t n_ops, size_t length, nn_error *err);
void seqset_free(seqset *s);
void seqset_add(seqset *s, const uint16_t *ops);       /* length of them */
bool seqset_has(const seqset *s, const uint16_t *ops); /* not of a set that is full */
void seqset_merge(seqset *into, const seqset *from);
uint64_t seqset_count(const seqset *s, bool *exact);
/* As text: to be freed with nn_free; NULL without memory. */
char *seqset_text(const seqset *s);
/* Adds what the text of a set of the same kind says. False: it is none. */
bool seqset_add_text(seqset *s, const char *text);

#endif
