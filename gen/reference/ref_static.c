/* Functions of tensors' shapes, of lists and of texts. */
#include "reference/ref_run.h"

#include <string.h>

enum { MAX_FILLED = 100000 };

static ref_value int_list(ref_run *run, const int64_t *items, size_t n)
{
    ref_value l = ref_new_list(run, n);
    for (size_t i = 0; i < l.n; i++)
        l.items[i] = ref_int(&run->r, items[i]);
    return l;
}

static ref_value of_tensor(ref_run *run, const ref_expr *x)
{
    const ref_tensor *t = ref_tensor_of(run, x->args[0]);
    if (t == NULL) {
        ref_fail(run, x->place, "the tensor is absent; `present` tells");
        return ref_int(&run->r, 0);
    }
    if (x->op == RF_RANK)
        return ref_int(&run->r, t->rank);
    if (x->op == RF_NUMEL)
        return ref_int(&run->r, (int64_t)t->n);
    return int_list(run, t->dims, (size_t)t->rank);
}

static bool is_present(ref_run *run, const ref_expr *x)
{
    if (x->kind == RX_VAR) {
        for (size_t i = 0; i < run->node->n_attrs; i++)
            if (strcmp(run->node->attrs[i].name, run->p->op->rules->vars[x->slot].name) == 0)
                return true;
        return false;
    }
    if (x->kind == RX_OUTPUT)
        return run->outputs[x->slot] != NULL;
    ref_value v = ref_eval(run, x);
    return v.kind == REF_TENSORS ? v.n > 0 : v.kind != REF_TENSOR || v.t != NULL;
}

static ref_value nth(ref_run *run, const ref_expr *x)
{
    ref_value v = ref_eval(run, x->args[0]), k = ref_number(run, x->args[1]);
    int64_t i = ref_uniform_int(run, &k, x->place, "the number of a tensor");
    if (v.kind == REF_TENSOR && v.t != NULL && i == 0)
        return v;
    if (run->status == NN_OK && v.kind == REF_TENSORS && i >= 0 && (size_t)i < v.n)
        return (ref_value){.kind = REF_TENSOR, .t = v.tensors[i]};
    ref_fail(run, x->place, "there is no tensor %lld; `arity` is their number", (long long)i);
    return (ref_value){.kind = REF_TENSOR, .t = NULL};
}

static int64_t argument(ref_run *run, const ref_expr *x, size_t i)
{
    ref_value v = ref_number(run, x->args[i]);
    return ref_uniform_int(run, &v, x->args[i]->place, "an argument");
}

static ref_value filled(ref_run *run, const ref_expr *x)
{
    int64_t n = argument(run, x, 0);
    if (n < 0 || n > MAX_FILLED) {
        ref_fail(run, x->place, "a list of 0 to %d elements was expected, not of %lld", MAX_FILLED, (long long)n);
        return ref_new_list(run, 0);
    }
    ref_value l = ref_new_list(run, (size_t)n),
              fill = x->op == RF_FILL ? ref_eval(run, x->args[1]) : ref_int(&run->r, x->op == RF_ONES);
    for (size_t i = 0; i < l.n; i++)
        l.items[i] = x->op == RF_IOTA ? ref_int(&run->r, (int64_t)i) : fill;
    return l;
}

/* set, insert, remove, reverse. */
static ref_value changed(ref_run *run, const ref_expr *x)
{
    ref_value l = ref_list(run, x->args[0]);
    ref_value y = ref_new_list(run, l.n + 1);
    size_t n = 0;
    if (x->op == RF_REMOVE) {
        ref_value out = ref_list(run, x->args[1]);
        for (size_t i = 0; i < l.n; i++) {
            bool gone = false;
            for (size_t k = 0; k < out.n; k++)
                gone |= ref_uniform_int(run, &out.items[k], x->place, "a position") == (int64_t)i;
            if (!gone && n < y.n)
                y.items[n++] = l.items[i];
        }
        y.n = n < y.n ? n : y.n;
        return y;
    }
    if (x->op == RF_REVERSE) {
        for (size_t i = 0; i < l.n && i < y.n; i++)
            y.items[i] = l.items[l.n - 1 - i];
        y.n = l.n < y.n ? l.n : y.n;
        return y;
    }
    int64_t at = argument(run, x, 1);
    bool insert = x->op == RF_INSERT;
    at += at < 0 && !insert ? (int64_t)l.n : 0;
    if (at < 0 || at > (int64_t)l.n || (!insert && at == (int64_t)l.n)) {
        ref_fail(run, x->place, "position %lld is outside a list of %zu", (long long)at, l.n);
        return l;
    }
    if (y.n == 0)
        return y;
    ref_value item = ref_eval(run, x->args[2]);
    for (size_t i = 0; i < l.n + insert; i++)
        y.items[i] = (int64_t)i == at ? item : l.items[i - (insert && (int64_t)i > at)];
    y.n = l.n + insert;
    return y;
}

static ref_value sorted(ref_run *run, const ref_expr *x)
{
    ref_value l = ref_list(run, x->args[0]), y = ref_new_list(run, l.n);
    for (size_t i = 0; i < y.n; i++) {
        size_t k = i;
        int64_t v = ref_uniform_int(run, &l.items[i], x->place, "an element");
        for (; k > 0 && y.items[k - 1].w[0] > v; k--)
            y.items[k] = y.items[k - 1];
        y.items[k] = ref_int(&run->r, v);
    }
    return y;
}

/* The indices of the flat position i in a shape, or the flat position of indices. */
static ref_value unravel(ref_run *run, const ref_expr *x)
{
    ref_value i = ref_number(run, x->args[0]), l = ref_list(run, x->args[1]), y = ref_new_list(run, l.n);
    for (size_t d = y.n; d-- > 0;) {
        y.items[d] = d == 0 ? i : ref_binary(run, OP_MOD, i, l.items[d], x->place);
        i = ref_binary(run, OP_DIV, i, l.items[d], x->place);
    }
    return y;
}

static ref_value ravel(ref_run *run, const ref_expr *x)
{
    ref_value i = ref_list(run, x->args[0]), l = ref_list(run, x->args[1]), y = ref_int(&run->r, 0);
    if (i.n != l.n)
        ref_fail(run, x->place, "`ravel`: %zu indices for a shape of %zu", i.n, l.n);
    for (size_t d = 0; d < l.n && d < i.n; d++)
        y = ref_binary(run, OP_ADD, ref_binary(run, OP_MUL, y, l.items[d], x->place), i.items[d], x->place);
    return y;
}

static dtype type_argument(ref_run *run, const ref_expr *x)
{
    ref_value v = ref_eval(run, x->args[0]);
    if (v.kind == REF_TENSOR && v.t != NULL)
        return v.t->type;
    if (v.kind == REF_TEXT)
        return dtype_parse(v.s);
    ref_fail(run, x->place, "`%s`: a type was expected", ref_function_word(x->op));
    return DT_FLOAT32;
}

static ref_value of_type(ref_run *run, const ref_expr *x)
{
    dtype t = type_argument(run, x);
    double least = 0, largest = 0;
    if (x->op == RF_WHOLE)
        return ref_int(&run->r, dtype_is_whole(t));
    dtype_limits(t, &least, &largest);
    if (dtype_is_whole(t) && t != DT_UINT64)
        return ref_int(&run->r, x->op == RF_LEAST ? (t == DT_INT64 ? INT64_MIN : (int64_t)least)
                                                  : (t == DT_INT64 ? INT64_MAX : (int64_t)largest));
    return ref_real(&run->r, x->op == RF_LEAST ? least : largest, 0);
}

/* index(LIST, v): the position of v; char(TEXT, i): the code of a character. */
static ref_value position(ref_run *run, const ref_expr *x)
{
    ref_value l = ref_list(run, x->args[0]), v = ref_eval(run, x->args[1]);
    for (size_t i = 0; i < l.n && run->status == NN_OK; i++) {
        ref_value same = ref_binary(run, OP_EQ, l.items[i], v, x->place);
        if (ref_uniform_int(run, &same, x->place, "a comparison") != 0)
            return ref_int(&run->r, (int64_t)i);
    }
    return ref_int(&run->r, -1);
}

static ref_value of_text(ref_run *run, const ref_expr *x)
{
    ref_value s = ref_eval(run, x->args[0]);
    if (s.kind != REF_TEXT) {
        ref_fail(run, x->place, "`%s`: a text was expected", ref_function_word(x->op));
        return ref_int(&run->r, 0);
    }
    size_t n = strlen(s.s);
    if (x->op == RF_LENGTH)
        return ref_int(&run->r, (int64_t)n);
    int64_t i = argument(run, x, 1);
    return ref_int(&run->r, i >= 0 && (size_t)i < n ? (unsigned char)s.s[i] : 0);
}

/* The shape that shapes y and l broadcast to. */
static ref_value broadcast_two(ref_run *run, const ref_expr *x, const ref_value *y, const ref_value *l)
{
    size_t n = l->n > y->n ? l->n : y->n;
    ref_value z = ref_new_list(run, n);
    for (size_t d = 0; d < z.n; d++) { /* from the end */
        ref_value one = ref_int(&run->r, 1), a = d < l->n ? l->items[l->n - 1 - d] : one,
                  b = d < y->n ? y->items[y->n - 1 - d] : one;
        int64_t from = ref_uniform_int(run, &a, x->place, "a size"), to = ref_uniform_int(run, &b, x->place, "a size");
        if (from != to && from != 1 && to != 1)
            ref_fail(run, x->place, "`broadcast`: dims %lld and %lld do not fit", (long long)to, (long long)from);
        z.items[n - 1 - d] = from == 1 ? b : a;
    }
    return z;
}

static ref_value broadcast(ref_run *run, const ref_expr *x)
{
    ref_value y = ref_new_list(run, 0);
    for (size_t i = 0; i < x->n && run->status == NN_OK; i++) {
        ref_value l = ref_eval(run, x->args[i]);
        size_t n = l.kind == REF_TENSORS ? l.n : 1;
        for (size_t k = 0; k < n && run->status == NN_OK; k++) {
            const ref_tensor *t = l.kind == REF_TENSORS ? l.tensors[k] : l.kind == REF_TENSOR ? l.t : NULL;
            ref_value shape = t != NULL ? int_list(run, t->dims, (size_t)t->rank) : l;
            if (shape.kind == REF_LIST)
                y = broadcast_two(run, x, &y, &shape);
            else
                ref_fail(run, x->place, "`broadcast`: tensors or shapes were expected");
        }
    }
    return y;
}

static ref_value norm_axis(ref_run *run, const ref_expr *x)
{
    int64_t a = argument(run, x, 0), rank = argument(run, x, 1);
    return ref_int(&run->r, a < 0 ? a + rank : a);
}

static ref_value presence(ref_run *run, const ref_expr *x)
{
    return ref_int(&run->r, is_present(run, x->args[0]));
}

static ref_value arity(ref_run *run, const ref_expr *x)
{
    if (x->args[0]->kind == RX_OUTPUT)
        return ref_int(&run->r, (int64_t)run->n_parts);
    ref_value v = ref_eval(run, x->args[0]);
    return ref_int(&run->r, v.kind == REF_TENSORS ? (int64_t)v.n : 1);
}

static ref_value length(ref_run *run, const ref_expr *x)
{
    return ref_int(&run->r, (int64_t)ref_list(run, x->args[0]).n);
}

static ref_value as_list(ref_run *run, const ref_expr *x)
{
    return ref_list(run, x->args[0]);
}

static ref_value expected(ref_run *run, const ref_expr *x)
{
    ref_value holds = ref_number(run, x->args[0]);
    if (ref_uniform_int(run, &holds, x->place, "a condition") == 0)
        ref_fail(run, x->place, "the inputs and attributes of the node do not fit together");
    return ref_eval(run, x->args[1]);
}

ref_value ref_static(ref_run *run, const ref_expr *x)
{
    static ref_value (*const functions[RF_COUNT_])(ref_run *, const ref_expr *) = {
        [RF_RANK] = of_tensor,   [RF_SHAPE] = of_tensor,     [RF_NUMEL] = of_tensor,
        [RF_PRESENT] = presence, [RF_ARITY] = arity,         [RF_NTH] = nth,
        [RF_LEN] = length,       [RF_LIST] = as_list,        [RF_ONES] = filled,
        [RF_ZEROS] = filled,     [RF_FILL] = filled,         [RF_IOTA] = filled,
        [RF_SORT] = sorted,      [RF_NORM_AXIS] = norm_axis, [RF_UNRAVEL] = unravel,
        [RF_RAVEL] = ravel,      [RF_WHOLE] = of_type,       [RF_LEAST] = of_type,
        [RF_LARGEST] = of_type,  [RF_INDEXOF] = position,    [RF_CHAR] = of_text,
        [RF_LENGTH] = of_text,   [RF_BROADCAST] = broadcast, [RF_SETAT] = changed,
        [RF_EXPECT] = expected,  [RF_INSERT] = changed,      [RF_REMOVE] = changed,
        [RF_REVERSE] = changed};
    return functions[x->op](run, x);
}
