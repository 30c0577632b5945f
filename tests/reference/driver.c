/* Computes reference values for tests/reference/reference.py: models on standard input, values and bounds on standard output, both
 * in the plain binary form that that file documents.
 *
 *     driver SPECS OPSET */
#include "reference/reference.h"
#include "rules/op_extra.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static arena table_memory, memory, scratch;

static void need(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "driver: %s\n", what);
        exit(1);
    }
}

static void get(void *to, size_t n)
{
    need(n == 0 || fread(to, 1, n, stdin) == n, "the model ends too early");
}

static uint32_t get_number(void)
{
    uint32_t n;
    get(&n, sizeof n);
    return n;
}

static void *room(size_t n)
{
    void *p = arena_calloc(&memory, n + 1, 1);
    need(p != NULL, "out of memory");
    return p;
}

static char *get_text(void)
{
    uint32_t n = get_number();
    char *s = room(n);
    get(s, n);
    return s;
}

static void put(const void *from, size_t n)
{
    need(fwrite(from, 1, n, stdout) == n, "cannot write");
}

static void put_number(uint32_t n)
{
    put(&n, sizeof n);
}

/* Contents are known if has is 1 (doubles), 2 (64-bit integers) or 3 (doubles and their bounds). */
static void get_tensor(ref_tensor *t)
{
    uint32_t type = get_number(), rank = get_number();
    need(rank <= NN_MAX_RANK, "the rank is too high");
    *t = (ref_tensor){.type = (dtype)type, .rank = (int)rank, .n = 1, .whole = !dtype_is_float((dtype)type)};
    for (uint32_t d = 0; d < rank; d++) {
        get(&t->dims[d], sizeof t->dims[d]);
        t->n *= (size_t)t->dims[d];
    }
    uint32_t has = get_number();
    if (has == 2) {
        t->w = room(t->n * sizeof *t->w);
        get(t->w, t->n * sizeof *t->w);
    } else if (has != 0) {
        t->v = room(t->n * sizeof *t->v);
        t->e = room(t->n * sizeof *t->e);
        get(t->v, t->n * sizeof *t->v);
        if (has == 3)
            get(t->e, t->n * sizeof *t->e);
    }
}

/* held: where the tensor of an attribute is kept */
static void get_attribute(attr_value *a, const ref_tensor **held)
{
    a->name = get_text();
    a->kind = (attr_kind)get_number();
    a->n = get_number();
    if (a->kind == ATTR_INT)
        get(&a->i, sizeof a->i);
    else if (a->kind == ATTR_FLOAT)
        get(&a->f, sizeof a->f);
    else if (a->kind == ATTR_STRING)
        a->s = get_text();
    else if (a->kind == ATTR_INTS)
        get((void *)(uintptr_t)(a->ints = room(a->n * 8)), a->n * 8);
    else if (a->kind == ATTR_STRINGS) {
        char **all = room(a->n * sizeof *all);
        for (size_t i = 0; i < a->n; i++)
            all[i] = get_text();
        a->strings = (const char *const *)all;
    } else if (a->kind == ATTR_HELD) {
        ref_tensor *t = room(sizeof *t);
        get_tensor(t);
        *held = t;
    } else
        get((void *)(uintptr_t)(a->floats = room(a->n * 8)), a->n * 8);
}

static ref_tensor **get_tensors(ref_tensor *all, size_t *n)
{
    *n = get_number();
    ref_tensor **list = room(*n * sizeof *list);
    for (size_t i = 0; i < *n; i++) {
        uint32_t k = get_number();
        list[i] = k == UINT32_MAX ? NULL : &all[k];
    }
    return list;
}

static void put_tensor(ref_tensor *t, bool known)
{
    if (!known) {
        t->w = NULL;
        t->v = room(t->n * sizeof *t->v);
        t->e = room(t->n * sizeof *t->e);
        for (size_t i = 0; i < t->n; i++)
            t->e[i] = (double)__builtin_inff();
    }
    put_number(t->w != NULL ? 2 : 1);
    put_number((uint32_t)t->n);
    if (t->w != NULL) {
        put(t->w, t->n * sizeof *t->w);
    } else {
        put(t->v, t->n * sizeof *t->v);
        put(t->e, t->n * sizeof *t->e);
    }
}

static void run_model(const op_set *ops, const ref_table *table)
{
    size_t n_tensors = get_number(), n_nodes = get_number();
    ref_tensor *tensors = room(n_tensors * sizeof *tensors);
    for (size_t i = 0; i < n_tensors; i++)
        get_tensor(&tensors[i]);
    for (size_t i = 0; i < n_nodes; i++) {
        nn_error err = {.message = ""};
        const char *op = get_text();
        ref_node node = {.op = op_find(ops, op)};
        for (size_t k = 0; node.op < 0 && k < ops->n_all; k++)
            if (strcmp(ops->ops[k].name, op) == 0)
                node.op = (int)k;
        node.inputs = (const ref_tensor *const *)get_tensors(tensors, &node.n_inputs);
        node.outputs = get_tensors(tensors, &node.n_outputs);
        node.n_attrs = get_number();
        attr_value *attrs = room(node.n_attrs * sizeof *attrs);
        for (size_t k = 0; k < node.n_attrs; k++)
            get_attribute(&attrs[k], &node.held);
        node.attrs = attrs;
        nn_status s = ref_compute(table, &node, &memory, &scratch, &err);
        char text[600];
        size_t n = s == NN_OK ? 0 : nn_error_text(&err, text, sizeof text);
        put_number((uint32_t)n);
        put(text, n);
        for (size_t k = 0; k < node.n_outputs; k++)
            if (node.outputs[k] != NULL)
                put_tensor(node.outputs[k], s == NN_OK);
    }
    fflush(stdout);
    arena_reset(&memory);
}

int main(int argc, char **argv)
{
    need(argc == 3, "usage: driver SPECS OPSET");
    nn_error err = {.message = ""};
    spec_file *files, *rules;
    size_t n_files, n_rules;
    op_set *ops;
    ref_table *table;
    arena_init(&table_memory, 0);
    arena_init(&memory, 1 << 20);
    arena_init(&scratch, 1 << 20);
    nn_status s = spec_read_dir(&files, &n_files, argv[1], &table_memory, &err);
    if (s == NN_OK)
        s = spec_read_folder(&rules, &n_rules, argv[1], "compute", &table_memory, &err);
    if (s == NN_OK)
        s = op_set_new_typed(&ops, files, n_files, NULL, atoi(argv[2]), UINT32_MAX, &err);
    if (s == NN_OK)
        s = ref_table_new(&table, ops, rules, n_rules, &err);
    if (s != NN_OK) {
        char text[600];
        nn_error_text(&err, text, sizeof text);
        fprintf(stderr, "driver: %s\n", text);
        return 1;
    }
    for (uint32_t what; fread(&what, sizeof what, 1, stdin) == 1;) {
        if (what == 0) { /* operators, and whether they have rules */
            put_number((uint32_t)ops->n_ops);
            for (size_t i = 0; i < ops->n_ops; i++) {
                put_number((uint32_t)strlen(ops->ops[i].name));
                put(ops->ops[i].name, strlen(ops->ops[i].name));
                put_number(ref_table_has(table, (int)i));
            }
            fflush(stdout);
        } else {
            run_model(ops, table);
        }
    }
    ref_table_free(table);
    op_set_free(ops);
    arena_free(&table_memory);
    arena_free(&memory);
    arena_free(&scratch);
    return 0;
}
