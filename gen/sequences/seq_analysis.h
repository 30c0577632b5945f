/* What failed models share and other models do not have: the micro analysis of operator sequences.
 *
 * The sets follow the study that seq_reduce.h cites: (1) sequences shared by two failed models, (2) by a failed and a correct
 * one, (3) by a failed one and one of a test suite; (1)\(2) and (1)\(3). A sequence is in a set if two such models both have it
 * anywhere. So a set contains all parts of its sequences, and (1)\(2) is exactly what no correct model has. With `matching` the
 * sets are the matching blocks of pairs of listed paths instead, as in the study.
 *
 * Ownership: an analysis owns its models, trie and lists. */
#ifndef NN_SEQ_ANALYSIS_H
#define NN_SEQ_ANALYSIS_H

#include "sequences/seq_input.h"
#include "sequences/seq_options.h"

enum { SEQ_SETS = 5 };

typedef struct {
    const char *key, *title; /* "1-2", "(1) minus (2)" */
    size_t total;            /* number of sequences in the set */
    seq_list smallest;       /* sequences that contain no other one of the set; with `matching`, all */
    seq_list reduced;
    size_t covered; /* number of `smallest` that contain one of `reduced` */
} seq_set;

typedef struct {
    uint32_t sequence;
    uint32_t failed, correct; /* numbers of models that have it */
    double odds, p, q;
} seq_association;

typedef struct {
    seq_options *o;
    seq_watch watch; /* progress is NULL if it is not shown */
    model_list models;
    size_t count[SEQ_CLASSES]; /* models of each class */
    size_t problems;           /* files that were skipped */
    size_t unlabelled;         /* models without an outcome, which are not used */
    seq_trie trie;
    seq_set sets[SEQ_SETS];
    size_t holders;         /* failed models that have a sequence of (1)\(2) */
    uint64_t pairs;         /* pairs of paths that were compared */
    size_t capped;          /* models whose paths were not all listed */
    seq_association *found; /* every tested sequence, by p, then length and name */
    size_t n_found;
} seq_analysis;

nn_status seq_analysis_run(seq_analysis *a, seq_options *o, const seq_watch *watch, nn_error *err);
void seq_analysis_free(seq_analysis *a); /* also of a zeroed one */
/* The lines of text files as sequences, unsorted. */
nn_status seq_chain_list(seq_analysis *a, seq_list *l, nn_error *err);

#endif
