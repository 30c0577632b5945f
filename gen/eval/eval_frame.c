#include "eval/eval_frame.h"

nn_status eval_home_open(eval_home **out, nn_error *err)
{
    *out = nn_calloc(1, sizeof **out);
    if (*out == NULL)
        return nn_nomem(err);
    arena_init(&(*out)->memory, 4096);
    (*out)->holders = 1;
    return NN_OK;
}

void eval_home_leave(eval_run *r, eval_home *home)
{
    if (home == NULL || --home->holders > 0)
        return;
    r->live -= home->elements;
    arena_free(&home->memory);
    nn_free(home);
}

void eval_value_hold(eval_value *v, const ref_tensor *t, eval_home *home)
{
    v->t = *t;
    v->known = true;
    v->home = home;
    home->holders++;
}

void eval_value_forget(eval_run *r, eval_value *v)
{
    if (!v->known)
        return;
    v->known = false;
    eval_home_leave(r, v->home);
    v->home = NULL;
}

void eval_value_share(eval_run *r, eval_value *to, const eval_value *from)
{
    eval_home *before = to->known ? to->home : NULL;
    if (from->known)
        eval_value_hold(to, &from->t, from->home);
    eval_home_leave(r, before);
}

nn_status eval_frame_open(eval_run *r, eval_frame *f, const eval_graph *g, const eval_frame *outer, nn_error *err)
{
    *f = (eval_frame){.g = g, .values = nn_calloc(g->n_tensors + 1, sizeof *f->values)};
    if (f->values == NULL)
        return nn_nomem(err);
    for (size_t i = 0; i < g->n_tensors; i++) {
        const eval_tensor *t = &g->tensors[i];
        f->values[i].left = t->uses;
        if (t->outer < 0 || t->absent || !outer->values[t->outer].known)
            continue;
        eval_value_share(r, &f->values[i], &outer->values[t->outer]);
        f->values[i].kept = true;
    }
    return NN_OK;
}

void eval_frame_close(eval_run *r, eval_frame *f)
{
    for (size_t i = 0; f->values != NULL && i < f->g->n_tensors; i++)
        eval_value_forget(r, &f->values[i]);
    nn_free(f->values);
    *f = (eval_frame){.g = NULL};
}

void eval_frame_again(eval_run *r, eval_frame *f)
{
    for (size_t i = 0; i < f->g->n_tensors; i++) {
        if (!f->values[i].kept)
            eval_value_forget(r, &f->values[i]);
        f->values[i].left = f->g->tensors[i].uses;
    }
}
