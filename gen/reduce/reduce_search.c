#include "reduce/reduce_search.h"
#include "reduce/reduce_judge.h"
#include "reduce/reduce_python.h"
#include "reduce/reduce_text.h"

#include <stdio.h>
#include <string.h>

/* ---- calls ---- */

static void drop(reduce_search *r, reduce_slot *x)
{
    reduce_ask_drop(&r->caller, &x->ask);
    reduce_case_free(&x->c);
    *x = (reduce_slot){.first = 0};
}

/* Looks whether the call has ended, and notes the answer. */
static nn_status look(reduce_search *r, reduce_slot *x, nn_error *err)
{
    if (!x->ask.running)
        return NN_OK;
    nn_status s = reduce_ask_look(&r->caller, &x->ask, &x->c, err);
    return s == NN_OK && !x->ask.running ? reduce_store_remember(&r->store, &x->digest, x->ask.state == CALL_INTERESTING, err) : s;
}

static bool cancelled(const reduce_search *r)
{
    return r->w->cancel != NULL && __atomic_load_n(r->w->cancel, __ATOMIC_RELAXED) != 0;
}

/* Waits until something may have changed. */
static nn_status wait_for(reduce_search *r, nn_error *err)
{
    double shortest = 1, now = r->w->now();
    for (size_t i = 0; i < r->n_slots; i++) {
        double elapsed = now - r->slots[i].ask.began;
        if (r->slots[i].ask.running && elapsed < shortest)
            shortest = elapsed;
    }
    reduce_caller_wait(&r->caller, shortest);
    return cancelled(r) ? nn_fail(err, NN_ERR_CANCELLED, NULL, 0, 0, "the smallest model is in %.200s/smallest", r->store.path)
                        : NN_OK;
}

nn_status reduce_search_ask(reduce_search *r, reduce_case *c, reduce_ask *answer, nn_error *err)
{
    reduce_slot *x = &r->slots[0];
    *x = (reduce_slot){.c = *c};
    *c = (reduce_case){.inputs = NULL};
    r->n_slots = 1;
    nn_status s = reduce_digest_case(&x->digest, r->store.hasher, &x->c, err);
    if (s == NN_OK)
        s = reduce_ask_start(&r->caller, &x->ask, &x->c, err);
    while (s == NN_OK && x->ask.running) {
        s = wait_for(r, err);
        if (s == NN_OK)
            s = look(r, x, err);
    }
    *answer = x->ask;
    drop(r, x);
    r->n_slots = 0;
    return s;
}

/* ---- one step ---- */

enum { PASSING = 48, SHOWN = 20 }; /* length of a name; lines of the neighbour that are shown */

/* A round: the items that are left, in chunks of one size from the last to the first. */
typedef struct {
    const reduce_step *step;
    bool *gone; /* by item of the base */
    size_t *items, n, size, at;
    bool changed, succeeded; /* in this step; in this round */
    reduce_case best;
} round_state;

static bool next_chunk(round_state *t, reduce_slot *x)
{
    if (t->at == 0)
        return false;
    *x = (reduce_slot){.last = t->at, .first = t->at > t->size ? t->at - t->size : 0};
    t->at = x->first;
    return true;
}

/* Makes the candidate of a slot. *sound: there is one. */
static nn_status make(reduce_search *r, round_state *t, reduce_slot *x, bool *sound, nn_error *err)
{
    reduce_edit e;
    size_t all = t->step->count(&r->base);
    bool *chosen = nn_malloc(all + 1);
    *sound = false;
    if (chosen == NULL)
        return nn_nomem(err);
    memcpy(chosen, t->gone, all);
    for (size_t i = x->first; i < x->last; i++)
        chosen[t->items[i]] = true;
    nn_status s = reduce_edit_open(&e, &r->base, err);
    e.invalid = r->o->allow_invalid != 0;
    if (s == NN_OK)
        s = !t->step->apply(&e, chosen)  ? nn_nomem(err)
            : t->step->kind == STEP_TAPE ? reduce_tape_build(&r->tape, &e.tape, &r->base.from.tape, &x->c, &e.good, err)
                                         : reduce_edit_finish(&e, &x->c, err);
    *sound = s == NN_OK && e.good;
    reduce_edit_close(&e);
    nn_free(chosen);
    return s;
}

/* Fills a slot with an answer that is known, or starts a call. *used: the slot has a candidate. */
static nn_status fill(reduce_search *r, round_state *t, reduce_slot *x, bool *used, nn_error *err)
{
    nn_status s = make(r, t, x, used, err);
    if (s == NN_OK && *used && (t->step->kind == STEP_VALUES || t->step->kind == STEP_JUDGED) && r->base.judges &&
        !r->o->allow_invalid)
        s = reduce_judge(&x->c, &r->base, used, err);
    if (s != NN_OK || !*used)
        return s;
    s = reduce_digest_case(&x->digest, r->store.hasher, &x->c, err);
    if (s != NN_OK)
        return s;
    reduce_seen seen = reduce_store_seen(&r->store, &x->digest);
    if (memcmp(&x->digest, &r->smallest, sizeof x->digest) == 0)
        seen = SEEN_INTERESTING;
    if (seen != SEEN_NEVER) {
        r->cached++;
        x->ask.state = seen == SEEN_INTERESTING ? CALL_INTERESTING : CALL_OTHER;
        return NN_OK;
    }
    x->ask.renamed = t->step->last || r->tape.family != NULL;
    return reduce_ask_start(&r->caller, &x->ask, &x->c, err);
}

static void show(reduce_search *r, const round_state *t, const reduce_case *c)
{
    char line[200];
    if (r->w->progress == NULL || r->o->quiet)
        return;
    (void)snprintf(line, sizeof line, "%zu nodes, %zu bytes, %llu calls: %s", r->base.m->graph->n_node, c->model.n,
                   (unsigned long long)r->caller.called, t->step->name);
    r->w->progress(r->w->data, line);
}

/* Writes the smallest model with its text and its script, and at the end its nearest neighbour. */
static nn_status put(reduce_search *r, const reduce_case *c, const reduce_nearest *nearest, nn_error *err)
{
    json_line text = {.bytes = NULL}, python = {.bytes = NULL};
    size_t n = 2, n_inputs = nearest != NULL ? nearest->c.n_inputs : 0;
    reduce_file *files = nn_calloc(n_inputs + 4, sizeof *files);
    char(*names)[PASSING] = nn_calloc(n_inputs + 1, sizeof *names);
    nn_status s = files != NULL && names != NULL ? reduce_text(&text, c, err) : nn_nomem(err);
    if (s == NN_OK)
        s = reduce_python(&python, c, err);
    if (s == NN_OK && nearest != NULL) {
        line_raw(&text, "\n# passing.onnx is not interesting (");
        line_raw(&text, nearest->step);
        line_raw(&text, "); what differs:\n");
        line_text(&text, r->differences.bytes, r->differences.size);
        s = text.failed ? nn_nomem(err) : NN_OK;
    }
    if (s == NN_OK) {
        files[0] = (reduce_file){"model.txt", text.bytes, text.size};
        files[1] = (reduce_file){"model.py", python.bytes, python.size};
    }
    if (s == NN_OK && c->tape.bytes != NULL)
        files[n++] = (reduce_file){"model.tape", (const char *)c->tape.bytes, c->tape.n};
    if (s == NN_OK && nearest != NULL)
        files[n++] = (reduce_file){"passing.onnx", (const char *)nearest->c.model.bytes, nearest->c.model.n};
    for (size_t i = 0; s == NN_OK && i < n_inputs; i++) {
        (void)snprintf(names[i], PASSING, "passing_input_%zu.pb", i);
        files[n++] = (reduce_file){names[i], (const char *)nearest->c.inputs[i].bytes, nearest->c.inputs[i].n};
    }
    if (s == NN_OK)
        s = reduce_store_put(&r->store, c, files, n, err);
    nn_free(names);
    nn_free(files);
    nn_free(text.bytes);
    nn_free(python.bytes);
    return s;
}

/* The smallest model so far in this step. */
static const reduce_case *smallest_of(const reduce_search *r, const round_state *t)
{
    return t->changed ? &t->best : &r->base.from;
}

/* A candidate with one change that COMMAND did not find interesting may be the nearest neighbour. */
static nn_status offer(reduce_search *r, const round_state *t, reduce_slot *x, nn_error *err)
{
    if (x->last - x->first != 1 || x->ask.timed_out || x->ask.failed || (x->ask.tried > 0 && x->ask.call.signal != 0))
        return NN_OK;
    return reduce_nearest_offer(&r->nearest, smallest_of(r, t), &x->c, t->step->name, err);
}

/* Takes the first slot; all others began with something else. */
static nn_status accept(reduce_search *r, round_state *t, nn_error *err)
{
    reduce_slot *x = &r->slots[0];
    bool same = memcmp(&x->digest, &r->smallest, sizeof x->digest) == 0;
    for (size_t i = x->first; i < x->last; i++)
        t->gone[t->items[i]] = true;
    t->at = x->first;
    t->succeeded = true;
    nn_status s = NN_OK;
    if (!same && t->step->last)
        s = reduce_nearest_rename(&r->nearest, smallest_of(r, t), &x->c, err);
    else if (!same)
        reduce_nearest_close(&r->nearest);
    if (!same && s == NN_OK) {
        t->changed = true;
        r->smallest = x->digest;
        reduce_case_free(&t->best);
        t->best = x->c;
        x->c = (reduce_case){.inputs = NULL};
        s = put(r, &t->best, NULL, err);
        show(r, t, &t->best);
    }
    for (size_t i = 0; i < r->n_slots; i++)
        drop(r, &r->slots[i]);
    r->n_slots = 0;
    return s;
}

static nn_status run_round(reduce_search *r, round_state *t, nn_error *err)
{
    nn_status s = NN_OK;
    t->at = t->n;
    t->succeeded = false;
    for (;;) {
        while (s == NN_OK && r->n_slots < r->jobs && next_chunk(t, &r->slots[r->n_slots])) {
            bool used = false;
            reduce_slot *x = &r->slots[r->n_slots++];
            s = cancelled(r) ? wait_for(r, err) : fill(r, t, x, &used, err);
            if (s == NN_OK && !used)
                r->n_slots--;
        }
        if (s != NN_OK || r->n_slots == 0)
            return s;
        for (size_t i = 0; s == NN_OK && i < r->n_slots; i++)
            s = look(r, &r->slots[i], err);
        if (s != NN_OK)
            return s;
        if (r->slots[0].ask.state == CALL_INTERESTING) {
            s = accept(r, t, err);
        } else if (r->slots[0].ask.state == CALL_OTHER) {
            s = offer(r, t, &r->slots[0], err);
            drop(r, &r->slots[0]);
            memmove(r->slots, r->slots + 1, --r->n_slots * sizeof *r->slots);
        } else {
            s = wait_for(r, err);
        }
        if (s != NN_OK)
            return s;
    }
}

static void keep_items(round_state *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->n; i++)
        if (!t->gone[t->items[i]])
            t->items[kept++] = t->items[i];
    t->n = kept;
}

static const reduce_step *steps_of(const reduce_search *r)
{
    return r->tape.family != NULL ? reduce_tape_steps : reduce_steps;
}

/* Rounds with smaller and smaller chunks: an item that has failed k times is tried in chunks of n * 0.632^k, where 0.632 is
 * 1 - 1/e (counter-based delta debugging, arXiv 2408.04735). Then single items, until none can be left out. A step that was in vain
 * when it was last done begins with them. */
static nn_status run_rounds(reduce_search *r, round_state *t, nn_error *err)
{
    nn_status s = NN_OK;
    t->size = r->in_vain[t->step - steps_of(r)] ? 1 : t->n;
    while (s == NN_OK && t->n > 0) {
        bool single = t->size <= 1;
        s = run_round(r, t, err);
        keep_items(t);
        if (single && !t->succeeded)
            break;
        size_t smaller = t->size * 632 / 1000;
        t->size = smaller < 1 ? 1 : smaller < t->n ? smaller : t->n;
    }
    return s;
}

static nn_status run_step(reduce_search *r, const reduce_step *step, bool *changed, nn_error *err)
{
    size_t n = step->count(&r->base);
    bool allowed = step->kind == STEP_SOUND || step->kind == STEP_TAPE || step->kind == STEP_VALUES || r->o->allow_invalid != 0 ||
                   (step->kind == STEP_JUDGED && r->base.judges);
    if (n == 0 || !allowed)
        return NN_OK;
    round_state t = {.step = step, .n = n};
    t.gone = nn_calloc(n, sizeof *t.gone);
    t.items = nn_calloc(n, sizeof *t.items);
    nn_status s = t.gone != NULL && t.items != NULL ? NN_OK : nn_nomem(err);
    for (size_t i = 0; s == NN_OK && i < n; i++)
        t.items[i] = i;
    if (s == NN_OK)
        s = run_rounds(r, &t, err);
    r->in_vain[step - steps_of(r)] = !t.changed;
    if (s == NN_OK && t.changed) {
        reduce_base next;
        *changed = true;
        s = reduce_base_open(&next, &t.best, &r->base, &r->base.limits, r->store.path, err);
        if (s == NN_OK) {
            reduce_base_close(&r->base);
            r->base = next;
        }
    }
    reduce_case_free(&t.best);
    nn_free(t.gone);
    nn_free(t.items);
    return s;
}

static nn_status run_all(reduce_search *r, bool last, bool *changed, nn_error *err)
{
    nn_status s = NN_OK;
    const reduce_step *steps = steps_of(r);
    size_t n = r->tape.family != NULL ? reduce_n_tape_steps : reduce_n_steps;
    for (size_t i = 0; s == NN_OK && i < n; i++)
        if (steps[i].last == last)
            s = run_step(r, &steps[i], changed, err);
    return s;
}

/* Asks once more, since an answer that was remembered may have been a timeout, and names have changed. */
static nn_status put_nearest(reduce_search *r, nn_error *err)
{
    reduce_case copy;
    reduce_ask answer;
    uint64_t others = r->caller.others;
    if (r->nearest.c.model.bytes == NULL)
        return NN_OK;
    nn_status s = reduce_case_copy(&copy, &r->nearest.c, err);
    if (s == NN_OK)
        s = reduce_search_ask(r, &copy, &answer, err);
    if (s != NN_OK)
        return s;
    if (answer.state != CALL_OTHER || answer.timed_out || answer.call.signal != 0 || r->caller.others > others) {
        reduce_nearest_close(&r->nearest);
        return NN_OK;
    }
    s = reduce_nearest_describe(&r->differences, &r->nearest, &r->base.from, SHOWN, err);
    return s == NN_OK ? put(r, &r->base.from, &r->nearest, err) : s;
}

enum { LOOPS = 30 }; /* far more than any model needs: each loop must make it smaller */

nn_status reduce_search_run(reduce_search *r, nn_error *err)
{
    nn_status s = reduce_digest_case(&r->smallest, r->store.hasher, &r->base.from, err);
    bool changed = true;
    if (s == NN_OK)
        s = put(r, &r->base.from, NULL, err);
    for (int i = 0; s == NN_OK && changed && i < LOOPS; i++) {
        changed = false;
        s = run_all(r, false, &changed, err);
    }
    if (s == NN_OK)
        s = run_all(r, true, &changed, err);
    return s == NN_OK ? put_nearest(r, err) : s;
}

/* ---- opening ---- */

nn_status reduce_search_open(reduce_search *r, const reduce_options *o, const reduce_watch *w, nn_error *err)
{
    *r = (reduce_search){.o = o, .w = w, .jobs = (size_t)(o->jobs > 0 ? o->jobs : w->jobs > 0 ? w->jobs : 1)};
    r->slots = nn_calloc(r->jobs, sizeof *r->slots);
    r->in_vain = nn_calloc(reduce_n_steps + reduce_n_tape_steps, sizeof *r->in_vain);
    return r->slots != NULL && r->in_vain != NULL ? reduce_caller_open(&r->caller, o, w, &r->store, r->jobs, err) : nn_nomem(err);
}

void reduce_search_close(reduce_search *r)
{
    for (size_t i = 0; i < r->n_slots; i++)
        drop(r, &r->slots[i]);
    nn_free(r->slots);
    nn_free(r->in_vain);
    reduce_caller_close(&r->caller);
    reduce_store_close(&r->store);
    reduce_base_close(&r->base);
    nn_eval_close(r->table);
    reduce_tape_close(&r->tape);
    reduce_nearest_close(&r->nearest);
    nn_free(r->differences.bytes);
    *r = (reduce_search){.slots = NULL};
}
