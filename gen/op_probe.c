#include "op_probe.h"

#define PROBE_RANKS 5 /* 0 .. 4 */
#define PROBE_SEED 0x70726f6265u

typedef struct {
    uint16_t *items;
    size_t n;
} sample_list;

struct op_probe {
    const op_index *index;
    lower *l;
    probe_sample *samples;
    size_t n;
    sample_list *bridges; /* of each operator and input; items NULL: not made yet */
    op_list mixers;
};

static tensor_desc sample_tensor(int rank)
{
    static const int64_t dims[PROBE_RANKS] = {2, 4, 6, 6, 4};
    tensor_desc d = {.type = DT_FLOAT32, .rank = rank, .range = {-1.5, 2}};
    for (int i = 0; i < rank; i++)
        d.dims[i] = dims[i];
    return d;
}

/* The operator with a given tensor in one input and all else left to the lowering. */
static lower_result probe_one(const op_probe *p, const op_model *op, size_t input, const tensor_desc *d, tape *t, tensor_desc *out,
                              uint8_t *output)
{
    lower_request r = {.op = op, .output_type = DT_NONE};
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
    int frame;
    lower_begin(p->l, t);
    lower_result res = lower_add(p->l, &r, &frame);
    if (res == LOWER_OK)
        res = lower_close(p->l, inst);
    if (res != LOWER_OK)
        return res;
    for (size_t o = 0; o < inst[0].n_outputs; o++)
        if (inst[0].outputs[o].present && inst[0].outputs[o].desc.type == DT_FLOAT32) {
            *out = inst[0].outputs[o].desc;
            *output = (uint8_t)o;
            return LOWER_OK;
        }
    return LOWER_FAIL;
}

static nn_status probe_all(op_probe *p, arena *memory, tape *t)
{
    for (size_t k = 0; k < p->index->bridges.n; k++) {
        const op_model *op = &p->index->ops->ops[p->index->bridges.items[k]];
        size_t input = 0;
        while (input < op->n_inputs && !op_input_must(&op->inputs[input]))
            input++;
        for (size_t i = 0; input == op->n_inputs && i < op->n_inputs; i++)
            if (op_input_data(&op->inputs[i]))
                input = i;
        if (input == op->n_inputs)
            continue;
        for (int rank = 0; rank < PROBE_RANKS; rank++) {
            tensor_desc d = sample_tensor(rank), out;
            if (!(op->inputs[input].ranks >> rank & 1) || !lower_may_take(p->l, op, input, &d))
                continue;
            arena_mark m = arena_get_mark(memory);
            uint8_t output = 0;
            lower_result res = probe_one(p, op, input, &d, t, &out, &output);
            arena_release(memory, m);
            if (res == LOWER_NOMEM)
                return NN_ERR_NOMEM;
            if (res == LOWER_OK)
                p->samples[p->n++] = (probe_sample){op->index, (uint8_t)rank, (uint8_t)input, output, out};
        }
    }
    return NN_OK;
}

/* Whether the operator's output is not weak where the input is and another, of the same shape, is not. */
static lower_result mixes(const op_probe *p, const op_model *op, size_t input, size_t other, int rank, tape *t)
{
    lower_request r = {.op = op, .output_type = DT_NONE};
    op_instance inst[LOWER_MAX_FRAMES];
    tensor_desc d = sample_tensor(rank), weak = d;
    weak.range = iv(-0.5, 1);
    weak.likely = est_weak(weak.range);
    size_t slot = 0;
    for (size_t i = 0; i < op->n_inputs; i++) {
        int least = op->inputs[i].min_arity < 1 ? 1 : op->inputs[i].min_arity, first = 1;
        r.arity[i] = input == other && i == input && least < 2 ? 2 : least;
        for (int k = 0; k < r.arity[i]; k++, slot++) {
            if (slot == OP_MAX_SLOTS)
                return LOWER_FAIL;
            r.slots[slot] = (lower_slot){.kind = SLOT_AUTO, .rank = -1};
            if ((i == input && k == 0) || (i == other && k == first - (i != input)))
                r.slots[slot] = (lower_slot){.kind = SLOT_TENSOR, .tensor = i == input && k == 0 ? &weak : &d, .rank = -1};
        }
    }
    int frame;
    lower_begin(p->l, t);
    lower_result res = lower_add(p->l, &r, &frame);
    if (res == LOWER_OK)
        res = lower_close(p->l, inst);
    if (res != LOWER_OK)
        return res;
    const inst_output *o = &inst[0].outputs[0];
    return o->present && o->desc.type == DT_FLOAT32 && !o->desc.likely.weak ? LOWER_OK : LOWER_FAIL;
}

static nn_status find_mixers(op_probe *p, arena *memory, tape *t)
{
    for (size_t k = 0; k < p->index->float_joins.n; k++) {
        uint16_t number = p->index->float_joins.items[k];
        const op_model *op = &p->index->ops->ops[number];
        lower_result res = LOWER_FAIL;
        for (size_t i = 0; i < op->n_inputs && res == LOWER_FAIL; i++)
            for (size_t j = 0; j < op->n_inputs && res == LOWER_FAIL; j++) {
                if (!op_input_data(&op->inputs[i]) || !op_input_data(&op->inputs[j]) || (i == j && op->inputs[i].max_arity < 2))
                    continue;
                for (int rank = 0; rank < PROBE_RANKS && res == LOWER_FAIL; rank++) {
                    arena_mark m = arena_get_mark(memory);
                    res = mixes(p, op, i, j, rank, t);
                    arena_release(memory, m);
                }
            }
        if (res == LOWER_NOMEM)
            return NN_ERR_NOMEM;
        if (res == LOWER_OK)
            p->mixers.items[p->mixers.n++] = number;
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
    p->samples = nn_calloc(index->bridges.n * PROBE_RANKS + 1, sizeof *p->samples);
    p->bridges = nn_calloc(index->ops->n_ops * OP_MAX_INPUTS + 1, sizeof *p->bridges);
    p->mixers.items = nn_calloc(index->float_joins.n + 1, sizeof *p->mixers.items);
    nn_status st = p->samples && p->bridges && p->mixers.items ? tape_new_seeded(&t, PROBE_SEED, 0, err) : nn_nomem(err);
    if (st == NN_OK && (probe_all(p, memory, t) != NN_OK || find_mixers(p, memory, t) != NN_OK))
        st = nn_nomem(err);
    tape_free(t);
    if (st != NN_OK)
        op_probe_free(p);
    else
        *out = p;
    return st;
}

void op_probe_free(op_probe *p)
{
    if (!p)
        return;
    for (size_t i = 0; p->bridges && i < p->index->ops->n_ops * OP_MAX_INPUTS; i++)
        nn_free(p->bridges[i].items);
    nn_free(p->bridges);
    nn_free(p->samples);
    nn_free(p->mixers.items);
    nn_free(p);
}

const probe_sample *op_probe_samples(const op_probe *p, size_t *n)
{
    *n = p->n;
    return p->samples;
}

const op_list *op_probe_mixers(const op_probe *p)
{
    return &p->mixers;
}

const uint16_t *op_probe_bridges(op_probe *p, const op_model *op, size_t input, size_t *n)
{
    sample_list *l = &p->bridges[op->index * OP_MAX_INPUTS + input];
    if (!l->items) {
        l->items = nn_malloc((p->n + 1) * sizeof *l->items);
        if (!l->items)
            return NULL;
        for (size_t i = 0; i < p->n; i++)
            if (lower_may_take(p->l, op, input, &p->samples[i].out))
                l->items[l->n++] = (uint16_t)i;
    }
    *n = l->n;
    return l->items;
}
