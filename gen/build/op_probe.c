#include "build/op_probe.h"

#include <string.h>

#define PROBE_RANKS 5 /* 0 .. 4 */
#define PROBE_SEED 0x70726f6265u

typedef struct {
    uint32_t *items;
    size_t n;
} sample_list;

/* Samples in all lists that are kept at a time. With tens of thousands of operators each list has as many samples. */
#define MOST_KEPT ((size_t)4 << 20)

#define AXES_SEED 0x61786573u
#define AXES_PROBES 2
#define PAIR_DRAWS 256 /* for a pair of samples that an operator may join */

enum { BECAME_SAME = 1, BECAME_ONE = 2, BECAME_OTHER = 4 };

/* What became of the axes of a sample's tensor in several probes. */
typedef struct {
    uint8_t n, rank;
    bool varies;                 /* the rank of the output */
    uint8_t became[NN_MAX_RANK]; /* by axis of the output, from the last one on: the same dimension, 1, or another one */
} probe_axes;

struct op_probe {
    const op_index *index;
    lower *l;
    probe_sample *samples;
    size_t n, room;
    probe_axes *axes; /* for each sample; NULL: not yet probed */
    uint8_t *ease;    /* for each operator */
    uint32_t *found;  /* workspace: one list */
    /* for each operator and input, the samples whose output may be that input; items NULL: not yet computed */
    sample_list *bridges;
    size_t kept; /* number of samples in all of these lists */
    op_list mixers;
    bool *broadcasts; /* for each operator: it is a mixer whose operands must broadcast together */
};

/* A tensor with small dimensions and a small interval around zero. */
static tensor_desc sample_tensor(dtype type, int rank)
{
    static const int64_t dims[PROBE_RANKS] = {2, 4, 6, 6, 4};
    double least = 0, largest = 0;
    (void)dtype_limits(type, &least, &largest);
    tensor_desc d = {.type = type, .rank = rank, .range = {-1.5, 2}};
    if (!dtype_is_float(type))
        d.range = iv_meet(iv(-5, 20), iv(least, largest));
    for (int i = 0; i < rank; i++)
        d.dims[i] = dims[i];
    return d;
}

static lower_result solve_alone(const op_probe *p, const lower_request *r, tape *t, op_instance *inst)
{
    int frame;
    lower_set_empty(p->l, 0); /* whatever the model is for which more samples are made */
    lower_begin(p->l, t);
    lower_result res = lower_add(p->l, r, &frame);
    return res == LOWER_OK ? lower_close(p->l, inst) : res;
}

/* Solves the operator with a given tensor as one input; the lowering chooses the rest. *out, *output: its first output of
 * data. */
static lower_result probe_one(const op_probe *p, const op_model *op, size_t input, const tensor_desc *d, dtype wanted, tape *t,
                              tensor_desc *out, uint8_t *output)
{
    lower_request r = {.op = op, .output_type = wanted};
    op_instance inst[LOWER_MAX_FRAMES];
    size_t slot = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        const op_input *in = &op->inputs[i];
        r.arity[i] = in->min_arity < 1 ? 1 : in->min_arity;
        for (int k = 0; k < r.arity[i] && slot < OP_MAX_SLOTS; k++, slot++) {
            r.slots[slot] = (lower_slot){.kind = SLOT_AUTO, .rank = -1};
            if (i == input && k == 0)
                r.slots[slot] = (lower_slot){.kind = SLOT_TENSOR, .tensor = d, .rank = -1};
        }
    }
    lower_result res = solve_alone(p, &r, t, inst);
    if (res != LOWER_OK)
        return res;
    for (size_t o = 0; o < inst[0].n_outputs; o++)
        if (inst[0].outputs[o].present && p->index->ops->data >> inst[0].outputs[o].desc.type & 1) {
            *out = inst[0].outputs[o].desc;
            *output = (uint8_t)o;
            return LOWER_OK;
        }
    return LOWER_FAIL;
}

/* Samples of the operator on one tensor: one sample, or if the type of its output is free, one for each type of data. */
static lower_result probe_types(op_probe *p, const op_model *op, size_t input, const tensor_desc *d, arena *memory, tape *t)
{
    const op_output *first = &op->outputs[0];
    dtype_mask data = p->index->ops->data, wanted = first->types & data;
    bool free_type = (data & (data - 1)) && first->type_var >= 0 && first->type_var != op->inputs[input].type_var;
    for (int type = 0; type < DT_COUNT; type++) {
        if (free_type ? !(wanted >> type & 1) : type > 0)
            continue;
        arena_mark m = arena_get_mark(memory);
        tensor_desc out;
        uint8_t output = 0;
        lower_result res = probe_one(p, op, input, d, (dtype)type, t, &out, &output);
        arena_release(memory, m);
        if (res == LOWER_NOMEM || !nn_grow((void **)&p->samples, &p->room, p->n + 1, sizeof *p->samples))
            return LOWER_NOMEM;
        if (res == LOWER_OK)
            p->samples[p->n++] = (probe_sample){.op = op->index,
                                                .in_type = d->type,
                                                .in_rank = (uint8_t)d->rank,
                                                .in_input = (uint8_t)input,
                                                .output = output,
                                                .keeps = tensor_dims_equal(&out, d),
                                                .out = out};
    }
    return LOWER_OK;
}

/* Probes each bridge with tensors of all types of data and all ranks as its main input. */
static nn_status probe_all(op_probe *p, arena *memory, tape *t)
{
    for (size_t k = 0; k < p->index->bridges.n; k++) {
        const op_model *op = &p->index->ops->ops[p->index->bridges.items[k]];
        int input = op_main_input(op);
        if (input < 0)
            continue;
        for (int type = 1; type < DT_COUNT; type++)
            for (int rank = 0; rank < PROBE_RANKS && p->index->ops->data >> type & 1; rank++) {
                tensor_desc d = sample_tensor((dtype)type, rank);
                if ((op->inputs[input].ranks >> rank & 1) && lower_may_take(p->l, op, (size_t)input, &d) &&
                    probe_types(p, op, (size_t)input, &d, memory, t) != LOWER_OK)
                    return NN_ERR_NOMEM;
            }
    }
    return NN_OK;
}

/* Solves the operator with two given tensors, `one` in the first input and `two` in the other. */
static lower_result solve_two(const op_probe *p, const op_model *op, size_t input, size_t other, const tensor_desc *one,
                              const tensor_desc *two, tape *t, op_instance *inst)
{
    lower_request r = {.op = op, .output_type = DT_NONE};
    size_t slot = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        int least = op->inputs[i].min_arity < 1 ? 1 : op->inputs[i].min_arity;
        int second = i != other ? -1 : i == input ? 1 : 0; /* index of the other tensor among those of the input */
        r.arity[i] = second >= least ? second + 1 : least;
        for (int k = 0; k < r.arity[i]; k++, slot++) {
            if (slot == OP_MAX_SLOTS)
                return LOWER_FAIL;
            r.slots[slot] = (lower_slot){.kind = SLOT_AUTO, .rank = -1};
            if (i == input && k == 0)
                r.slots[slot] = (lower_slot){.kind = SLOT_TENSOR, .tensor = one, .rank = -1};
            else if (k == second)
                r.slots[slot] = (lower_slot){.kind = SLOT_TENSOR, .tensor = two, .rank = -1};
        }
    }
    return solve_alone(p, &r, t, inst);
}

/* Whether the operator's output is not weak although `one`, in the first input, is weak; `two`, in the other input, is not. */
static lower_result mixes(const op_probe *p, const op_model *op, size_t input, size_t other, const tensor_desc *one,
                          const tensor_desc *two, tape *t)
{
    op_instance inst[LOWER_MAX_FRAMES];
    tensor_desc weak = *one;
    weak.range = dtype_is_float(two->type) ? iv(-0.5, 1) : iv(0, 4);
    weak.likely = est_weak(weak.range);
    lower_result res = solve_two(p, op, input, other, &weak, two, t, inst);
    if (res != LOWER_OK)
        return res;
    const inst_output *o = &inst[0].outputs[0];
    return o->present && p->index->ops->data >> o->desc.type & 1 && !o->desc.likely.weak ? LOWER_OK : LOWER_FAIL;
}

/* Whether the mixer accepts any two tensors that do not broadcast together, as a matrix product or a concatenation may. */
static lower_result takes_others(const op_probe *p, const op_model *op, size_t input, size_t other, arena *memory, tape *t)
{
    static const int64_t dims[][2][4] = {{{4, 6}, {6, 9}},
                                         {{6, 4}, {6, 9}},
                                         {{4, 6}, {9, 6}},
                                         {{2, 4, 6}, {2, 6, 9}},
                                         {{2, 4, 6}, {2, 9, 6}},
                                         {{6, 2, 4}, {6, 9, 4}},
                                         {{6, 2, 4}, {9, 2, 4}},
                                         {{4, 6, 8}, {6}},
                                         {{4}, {6}},
                                         {{2, 4, 6, 6}, {2, 4, 3, 3}}};
    for (size_t k = 0; k < sizeof dims / sizeof *dims; k++) {
        tensor_desc d[2];
        for (int i = 0; i < 2; i++) {
            int rank = 0;
            while (rank < 4 && dims[k][i][rank] > 0)
                rank++;
            d[i] = sample_tensor(DT_FLOAT32, rank);
            for (int j = 0; j < rank; j++)
                d[i].dims[j] = dims[k][i][j];
        }
        arena_mark m = arena_get_mark(memory);
        lower_result res = mixes(p, op, input, other, &d[0], &d[1], t);
        arena_release(memory, m);
        if (res != LOWER_FAIL)
            return res;
    }
    return LOWER_FAIL;
}

/* Whether these inputs can be two tensors. */
static bool pairable(const op_model *op, size_t i, size_t j)
{
    return op_input_data(&op->inputs[i]) && op_input_data(&op->inputs[j]) && (i != j || op->inputs[i].max_arity >= 2);
}

/* Whether the operator is a mixer for tensors of some type and rank in these inputs. */
static lower_result mixes_any(const op_probe *p, const op_model *op, size_t i, size_t j, arena *memory, tape *t)
{
    lower_result res = LOWER_FAIL;
    for (int k = 0; k < DT_COUNT * PROBE_RANKS && res == LOWER_FAIL; k++) {
        dtype type = (dtype)(k / PROBE_RANKS);
        if (!((op->inputs[i].types & op->inputs[j].types & p->index->ops->data) >> type & 1))
            continue;
        arena_mark m = arena_get_mark(memory);
        tensor_desc d = sample_tensor(type, k % PROBE_RANKS);
        res = mixes(p, op, i, j, &d, &d, t);
        arena_release(memory, m);
    }
    return res;
}

/* LOWER_OK: the test holds for some two inputs of the operator. */
typedef lower_result (*inputs_test)(const op_probe *p, const op_model *op, size_t i, size_t j, arena *memory, tape *t);

static lower_result any_inputs(const op_probe *p, const op_model *op, inputs_test test, arena *memory, tape *t)
{
    lower_result res = LOWER_FAIL;
    for (size_t i = 0; i < op->n_inputs && res == LOWER_FAIL; i++)
        for (size_t j = 0; j < op->n_inputs && res == LOWER_FAIL; j++)
            if (pairable(op, i, j))
                res = test(p, op, i, j, memory, t);
    return res;
}

static nn_status find_mixers(op_probe *p, arena *memory, tape *t)
{
    for (size_t n = 0; n < p->index->float_joins.n; n++) {
        uint16_t number = p->index->float_joins.items[n];
        const op_model *op = &p->index->ops->ops[number];
        lower_result res = any_inputs(p, op, mixes_any, memory, t);
        if (res == LOWER_OK) {
            p->mixers.items[p->mixers.n++] = number;
            res = any_inputs(p, op, takes_others, memory, t);
            p->broadcasts[number] = res == LOWER_FAIL;
        }
        if (res == LOWER_NOMEM)
            return NN_ERR_NOMEM;
    }
    return NN_OK;
}

nn_status op_probe_new(op_probe **out, const op_index *index, lower *l, arena *memory, nn_error *err)
{
    *out = NULL;
    op_probe *p = nn_calloc(1, sizeof *p);
    tape *t = NULL;
    if (!p)
        return nn_nomem(err);
    p->index = index;
    p->l = l;
    p->bridges = nn_calloc(index->ops->n_ops * OP_MAX_INPUTS + 1, sizeof *p->bridges);
    p->broadcasts = nn_calloc(index->ops->n_ops + 1, sizeof *p->broadcasts);
    p->mixers.items = nn_calloc(index->float_joins.n + 1, sizeof *p->mixers.items);
    nn_status st = p->bridges && p->broadcasts && p->mixers.items ? tape_new_seeded(&t, PROBE_SEED, 0, err) : nn_nomem(err);
    if (st == NN_OK && (probe_all(p, memory, t) != NN_OK || find_mixers(p, memory, t) != NN_OK))
        st = nn_nomem(err);
    if (st == NN_OK && !(p->found = nn_calloc(p->n + 1, sizeof *p->found)))
        st = nn_nomem(err);
    tape_free(t);
    if (st != NN_OK)
        op_probe_free(p);
    else
        *out = p;
    return st;
}

static void forget_bridges(op_probe *p)
{
    for (size_t i = 0; p->bridges && i < p->index->ops->n_ops * OP_MAX_INPUTS; i++) {
        nn_free(p->bridges[i].items);
        p->bridges[i] = (sample_list){0};
    }
    p->kept = 0;
}

void op_probe_free(op_probe *p)
{
    if (!p)
        return;
    forget_bridges(p);
    nn_free(p->bridges);
    nn_free(p->samples);
    nn_free(p->axes);
    nn_free(p->ease);
    nn_free(p->found);
    nn_free(p->broadcasts);
    nn_free(p->mixers.items);
    nn_free(p);
}

const probe_sample *op_probe_samples(const op_probe *p, size_t *n)
{
    *n = p->n;
    return p->samples;
}

uint32_t *op_probe_room(op_probe *p)
{
    return p->found;
}

const op_list *op_probe_mixers(const op_probe *p)
{
    return &p->mixers;
}

bool op_probe_may_join(const op_probe *p, const op_model *op, const tensor_desc *a, const tensor_desc *b)
{
    if (!p->broadcasts[op->index])
        return true;
    for (int i = 1; i <= a->rank && i <= b->rank; i++) {
        int64_t x = a->dims[a->rank - i], y = b->dims[b->rank - i];
        if (x != y && x != 1 && y != 1)
            return false;
    }
    return true;
}

/* ---- what becomes of the axes ---- */

/* Notes what became of each axis of the tensor d in out. */
static void note_axes(probe_axes *x, const tensor_desc *d, const tensor_desc *out)
{
    x->varies |= x->n > 0 && out->rank != x->rank;
    x->rank = (uint8_t)out->rank;
    x->n++;
    for (int i = 0; i < out->rank; i++) {
        const int64_t made = out->dims[out->rank - 1 - i];
        const bool same = i < d->rank && made == d->dims[d->rank - 1 - i];
        x->became[i] |= (uint8_t)(made == 1 ? BECAME_ONE : same ? BECAME_SAME : BECAME_OTHER);
    }
}

/* Probes the operator of each sample several times. */
static lower_result probe_axes_all(op_probe *p, arena *memory, tape *t)
{
    lower_result res = LOWER_OK;
    for (size_t i = 0; i < p->n && res != LOWER_NOMEM; i++) {
        const probe_sample *s = &p->samples[i];
        const op_model *op = &p->index->ops->ops[s->op];
        const tensor_desc d = sample_tensor(s->in_type, s->in_rank);
        note_axes(&p->axes[i], &d, &s->out);
        for (int k = 0; k < AXES_PROBES && res != LOWER_NOMEM; k++) {
            arena_mark m = arena_get_mark(memory);
            tensor_desc out;
            uint8_t output = 0;
            res = probe_one(p, op, s->in_input, &d, s->out.type, t, &out, &output);
            arena_release(memory, m);
            if (res == LOWER_OK && output == s->output)
                note_axes(&p->axes[i], &d, &out);
        }
    }
    return res == LOWER_NOMEM ? res : LOWER_OK;
}

/* Draws outputs of two samples that the operator may take in two different inputs, or twice in a variadic one. false: none found.
 */
static bool draw_pair(const op_probe *p, const op_model *op, tape *t, size_t in[2], const tensor_desc *d[2])
{
    for (int k = 0; k < PAIR_DRAWS; k++) {
        for (int i = 0; i < 2; i++) {
            in[i] = (size_t)tape_draw(t, "input", (uint32_t)op->n_inputs);
            d[i] = &p->samples[tape_draw(t, "sample", (uint32_t)p->n)].out;
        }
        if (pairable(op, in[0], in[1]) && lower_may_take(p->l, op, in[0], d[0]) && lower_may_take(p->l, op, in[1], d[1]) &&
            op_probe_may_join(p, op, d[0], d[1]))
            return true;
    }
    return false;
}

/* Lets each mixer join outputs of samples. A set whose operators all fail alone has no samples. */
static lower_result probe_ease(op_probe *p, arena *memory, tape *t)
{
    for (size_t m = 0; p->n > 0 && m < p->mixers.n; m++) {
        const op_model *op = &p->index->ops->ops[p->mixers.items[m]];
        for (int k = 0; k < EASE_TRIALS; k++) {
            size_t in[2];
            const tensor_desc *d[2];
            op_instance inst[LOWER_MAX_FRAMES];
            if (!draw_pair(p, op, t, in, d))
                continue;
            arena_mark mark = arena_get_mark(memory);
            lower_result res = solve_two(p, op, in[0], in[1], d[0], d[1], t, inst);
            arena_release(memory, mark);
            if (res == LOWER_NOMEM)
                return res;
            p->ease[op->index] = (uint8_t)(p->ease[op->index] + (res == LOWER_OK));
        }
    }
    return LOWER_OK;
}

bool op_probe_more(op_probe *p, arena *memory)
{
    if (p->axes)
        return true;
    tape *t = NULL;
    nn_error err;
    p->axes = nn_calloc(p->n + 1, sizeof *p->axes);
    p->ease = nn_calloc(p->index->ops->n_ops + 1, sizeof *p->ease);
    bool ok = p->axes && p->ease && tape_new_seeded(&t, AXES_SEED, 0, &err) == NN_OK;
    ok = ok && probe_axes_all(p, memory, t) == LOWER_OK && probe_ease(p, memory, t) == LOWER_OK;
    tape_free(t);
    if (!ok) {
        nn_free(p->axes);
        nn_free(p->ease);
        p->axes = NULL;
        p->ease = NULL;
    }
    return ok;
}

/* How an axis of dimension `from` fits one of dimension `to` after the operator. */
static probe_fit axis_fit(unsigned became, int64_t from, int64_t to)
{
    const unsigned fitting = BECAME_ONE | (from == to || from == 1 ? BECAME_SAME : 0u);
    if (to == 1 || !(became & ~fitting))
        return FITS_ALWAYS;
    return became & (fitting | BECAME_OTHER) ? FITS_PERHAPS : FITS_NEVER;
}

probe_fit op_probe_fit(const op_probe *p, size_t sample, const op_model *op, const tensor_desc *a, const tensor_desc *b)
{
    const probe_axes *x = &p->axes[sample];
    if (!p->broadcasts[op->index] || x->varies)
        return FITS_PERHAPS;
    probe_fit fit = FITS_ALWAYS;
    for (int i = 0; i < x->rank && i < b->rank; i++) {
        probe_fit f = axis_fit(x->became[i], i < a->rank ? a->dims[a->rank - 1 - i] : 0, b->dims[b->rank - 1 - i]);
        fit = f < fit ? f : fit;
    }
    return fit;
}

probe_fit op_probe_makes(const op_probe *p, size_t sample, const tensor_desc *a, const tensor_desc *want)
{
    const probe_axes *x = &p->axes[sample];
    if (x->varies)
        return FITS_PERHAPS;
    probe_fit fit = FITS_ALWAYS;
    for (int i = 0; i < x->rank; i++) {
        const int64_t from = i < a->rank ? a->dims[a->rank - 1 - i] : 0, to = want->dims[want->rank - 1 - i];
        const unsigned making = (to == 1 ? BECAME_ONE : 0u) | (to == from || from == 1 ? BECAME_SAME : 0u) | BECAME_OTHER;
        if (!(x->became[i] & making))
            return FITS_NEVER;
        if (x->became[i] & ~making || x->became[i] & BECAME_OTHER)
            fit = FITS_PERHAPS;
    }
    return fit;
}

int op_probe_ease(const op_probe *p, const op_model *op)
{
    return p->ease[op->index];
}

/* ---- bridges ---- */

static bool find_bridges(op_probe *p, const op_model *op, size_t input, sample_list *l)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        if (lower_may_take(p->l, op, input, &p->samples[i].out))
            p->found[n++] = (uint32_t)i;
    if (p->kept + n > MOST_KEPT)
        forget_bridges(p);
    l->items = nn_malloc((n + 1) * sizeof *l->items);
    if (!l->items)
        return false;
    memcpy(l->items, p->found, n * sizeof *l->items);
    l->n = n;
    p->kept += n;
    return true;
}

const uint32_t *op_probe_bridges(op_probe *p, const op_model *op, size_t input, size_t *n)
{
    sample_list *l = &p->bridges[op->index * OP_MAX_INPUTS + input];
    if (!l->items && !find_bridges(p, op, input, l))
        return NULL;
    *n = l->n;
    return l->items;
}
