/* What failed models share and others have not: the micro analysis of operator sequences.
 *
 * Sets, after the study that seq_reduce.h names: (1) shared by two failed models, (2) by a failed and a correct one, (3) by a
 * failed one and one of a test suite; (1)\(2) and (1)\(3). A sequence is in a set if such models both have it anywhere: a set holds
 * all parts of its sequences, and (1)\(2) is exactly what no correct model has. With `matching` the sets are the matching blocks of
 * pairs of listed paths instead, as the study took them.
 *
 * Ownership: an analysis owns its models, trie and lists. */
#ifndef NN_SEQ_ANALYSIS_H
#define NN_SEQ_ANALYSIS_H

#include "sequences/seq_input.h"
#include "sequences/seq_options.h"

enum { SEQ_SETS = 5 };

typedef struct {
    const char *key, *title; /* "1-2", "(1) minus (2)" */
    size_t total;            /* sequences of the set */
    seq_list smallest;       /* those that contain no other of the set; with matching: all */
    seq_list reduced;
    size_t covered; /* of smallest, that contain one of reduced */
} seq_set;

typedef struct {
    uint32_t sequence;
    uint32_t failed, correct; /* models that hold it */
    double odds, p, q;
} seq_association;

typedef struct {
    seq_options *o;
    seq_watch watch; /* its progress is NULL if nobody wants to know */
    model_list models;
    size_t count[SEQ_CLASSES]; /* models of each class */
    size_t problems;           /* files that were passed over */
    size_t unlabelled;         /* models without an outcome, left out */
    seq_trie trie;
    seq_set sets[SEQ_SETS];
    size_t holders;         /* failed models that hold a sequence of (1)\(2) */
    uint64_t pairs;         /* of paths that were compared */
    size_t capped;          /* models whose paths were not all listed */
    seq_association *found; /* every tested sequence, by p, then length and name */
    size_t n_found;
} seq_analysis;

nn_status seq_analysis_run(seq_analysis *a, seq_options *o, const seq_watch *watch, nn_error *err);
void seq_analysis_free(seq_analysis *a); /* also of a zeroed one */
/* The lines of text files as sequences, in no order. */
nn_status seq_chain_list(seq_analysis *a, seq_list *l, nn_error *err);

#endif
