#include "family/late_classes.h"

typedef struct {
    arena mem;
    class_table table;
} made;

struct late_classes {
    const op_set *ops;
    made *made; /* NULL: not yet; read and set atomically */
};

nn_status late_classes_new(late_classes **out, const op_set *ops, nn_error *err)
{
    *out = nn_calloc(1, sizeof **out);
    if (*out == NULL)
        return nn_nomem(err);
    (*out)->ops = ops;
    return NN_OK;
}

static void made_free(made *m)
{
    if (m == NULL)
        return;
    arena_free(&m->mem);
    nn_free(m);
}

void late_classes_free(late_classes *l)
{
    if (l == NULL)
        return;
    made_free(l->made);
    nn_free(l);
}

/* Threads that ask at the same time make a table each; that of the first to finish is kept. */
nn_status late_classes_get(const class_table **out, late_classes *l, nn_error *err)
{
    made *known = __atomic_load_n(&l->made, __ATOMIC_ACQUIRE);
    nn_status s = NN_OK;
    if (known == NULL) {
        made *own = nn_calloc(1, sizeof *own);
        if (own == NULL)
            return nn_nomem(err);
        arena_init(&own->mem, 0);
        s = class_table_new(&own->table, l->ops, &own->mem, err);
        if (s == NN_OK && __atomic_compare_exchange_n(&l->made, &known, own, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            known = own;
        else
            made_free(own);
    }
    *out = known != NULL ? &known->table : NULL;
    return known != NULL ? NN_OK : s;
}
