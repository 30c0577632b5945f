#include "lower/tries.h"
#include "base/mix.h"

#include <stdio.h>
#include <string.h>

void try_table_free(try_table *t)
{
    nn_free(t->rows);
    nn_free(t->slots);
    *t = (try_table){0};
}

void try_table_clear(try_table *t)
{
    for (size_t i = 0; i < t->n; i++)
        t->slots[t->rows[i].slot] = 0;
    t->n = 0;
}

static size_t first_slot(const try_table *t, const try_row *r)
{
    uint64_t place = (uint64_t)r->why.place.line << 16 ^ (uint64_t)r->why.place.column;
    return (size_t)mix64(place << 24 ^ (uint64_t)r->op->index << 8 ^ (uint64_t)r->why.reason) & (t->n_slots - 1);
}

static bool same(const try_row *a, const try_row *b)
{
    const lower_why *x = &a->why, *y = &b->why;
    return a->op == b->op && x->reason == y->reason && x->section == y->section && x->text == y->text && x->op == y->op &&
           x->name == y->name && x->place.file == y->place.file && x->place.line == y->place.line &&
           x->place.column == y->place.column;
}

/* Doubles the number of slots and enters the rows again. */
static bool more_slots(try_table *t)
{
    size_t n = t->n_slots ? 2 * t->n_slots : 256;
    uint32_t *slots = nn_calloc(n, sizeof *slots);
    if (!slots)
        return false;
    nn_free(t->slots);
    t->slots = slots;
    t->n_slots = n;
    for (size_t i = 0; i < t->n; i++) {
        size_t at = first_slot(t, &t->rows[i]);
        while (slots[at])
            at = (at + 1) & (n - 1);
        slots[at] = (uint32_t)i + 1;
        t->rows[i].slot = (uint32_t)at;
    }
    return true;
}

bool try_table_add(try_table *t, const try_row *row)
{
    if (2 * (t->n + 1) > t->n_slots && !more_slots(t))
        return false;
    size_t at = first_slot(t, row);
    while (t->slots[at] && !same(&t->rows[t->slots[at] - 1], row))
        at = (at + 1) & (t->n_slots - 1);
    if (!t->slots[at]) {
        void *p = t->rows;
        bool ok = nn_grow(&p, &t->capacity, t->n + 1, sizeof *t->rows);
        t->rows = p;
        if (!ok)
            return false;
        t->rows[t->n] = (try_row){.op = row->op, .why = row->why, .slot = (uint32_t)at};
        t->slots[at] = (uint32_t)++t->n;
    }
    try_row *r = &t->rows[t->slots[at] - 1];
    r->tries += row->tries;
    r->kept += row->kept;
    r->steps += row->steps;
    r->propagations += row->propagations;
    return true;
}

const try_row *try_table_most(const try_table *t, const op_model *op)
{
    const try_row *best = NULL;
    for (size_t i = 0; i < t->n; i++) {
        const try_row *r = &t->rows[i];
        if (r->why.reason != WHY_NONE && (!op || r->op == op) && (!best || r->tries > best->tries))
            best = r;
    }
    return best;
}

uint64_t try_table_tries(const try_table *t, const op_model *op)
{
    uint64_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        n += !op || t->rows[i].op == op ? t->rows[i].tries : 0;
    return n;
}

tries_text try_table_text(const try_table *t, const op_model *op)
{
    tries_text text = {""};
    char why[260];
    const try_row *row = try_table_most(t, op);
    if (!row)
        return text;
    (void)lower_why_text(&row->why, why, sizeof why);
    (void)snprintf(text.s, sizeof text.s, "in %llu of %llu tries: %s", (unsigned long long)row->tries,
                   (unsigned long long)try_table_tries(t, op), why);
    return text;
}
