/* Definitions of classes and operators while a table is loaded.
 *
 * Ownership: everything lives in the loader's arena. */
#ifndef NN_SPEC_DEF_H
#define NN_SPEC_DEF_H

#include "table/spec_merge.h"
#include "table/spec_table.h"

typedef enum { DEF_FRESH, DEF_OPEN, DEF_DONE } spec_state;

typedef struct spec_def spec_def;
struct spec_def {
    const char *name;
    spec_place place;
    const spec_node *entry;
    spec_def *parent;
    spec_def *below;       /* while resolving: the definition that inherits from this one and waits for it */
    const spec_node *flat; /* once resolved: the merged mapping, which others inherit; later with the profile's patches */
    size_t order;          /* in the files */
    size_t patch;          /* number of the last patch that named it, from 1 */
    bool is_class, exists; /* exists: it is an operator of the target opset */
    spec_state state;
    int since;
    const spec_exclusion *exclusion;
    const spec_node **without; /* as of spec_entry */
    size_t n_without;
};

typedef struct {
    arena *a;
    nn_error *err;
    int opset;
    spec_def *defs; /* in file order */
    size_t n_defs, n_operators;
    spec_def **by_name;
    spec_merger merger;
    spec_table *table;
} spec_loader;

/* The tree of a file. sound: its form was checked when the program was built. */
typedef struct {
    const spec_node *tree;
    bool sound;
} spec_root;

/* Fills defs and by_name from the files' roots, in their order. */
nn_status spec_collect(spec_loader *l, const spec_root *roots, size_t n);
/* Then fills flat, since and exists of each definition. */
nn_status spec_resolve_all(spec_loader *l);
spec_def *spec_find(const spec_loader *l, const char *name);
/* *nearest: the known name nearest to `name`, among the operators or among all entries; NULL: none is near, or NN_ERR_NOMEM. */
nn_status spec_suggest(const spec_loader *l, const char *name, bool operators_only, const char **nearest);

#endif
