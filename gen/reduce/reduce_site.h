/* The bodies and functions of a model that an edit owns.
 *
 * Ownership: all is in the arena of the edit. */
#ifndef NN_REDUCE_SITE_H
#define NN_REDUCE_SITE_H

#include "reduce/reduce_edit.h"
#include "reduce/reduce_names.h"

typedef struct reduce_site reduce_site;
struct reduce_site {
    Onnx__GraphProto *graph;       /* a body; NULL: a function */
    Onnx__FunctionProto *function; /* NULL: a body */
    Onnx__NodeProto **nodes;
    size_t *n_nodes;
    reduce_site *up;         /* of a body: the one around it; NULL: the main graph */
    Onnx__NodeProto *holder; /* of a body: its node; of a function: the only call, or NULL */
    reduce_site *caller;     /* of a function: where that call is; NULL: in the main graph */
    size_t calls;
    const char *prefix; /* of the full names of its tensors; NULL: unknown, as with several calls */
};

typedef struct {
    reduce_edit *e;
    reduce_site *all; /* outer ones first */
    size_t n;
} reduce_sites;

/* Nodes in all bodies and functions of a model, and how many of these there are. */
size_t reduce_inner_nodes(const Onnx__ModelProto *m);
size_t reduce_count_sites(const Onnx__ModelProto *m);
/* Makes the whole model the edit's own, so that all of it may be changed. false: out of memory. */
bool reduce_sites_open(reduce_sites *x, reduce_edit *e);
/* The full name of a tensor that is read there. NULL: unknown, or out of memory. */
const char *reduce_site_key(const reduce_sites *x, const reduce_site *s, const char *name);
/* Adds the names that are defined there. */
void reduce_site_defines(reduce_names *to, const reduce_site *s);
/* Puts a name in place of another wherever it is read there and in bodies inside. */
void reduce_site_rename(const reduce_site *s, const char *from, char *to);
/* Makes a tensor of the main graph visible there: functions get an input for it. false: out of memory. */
bool reduce_site_pass(const reduce_sites *x, reduce_site *s, char *name);

#endif
