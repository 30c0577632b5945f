#include "build/build_pick.h"
#include "build/build_lineage.h"

size_t build_pick_place(builder *b, size_t n, bool taken)
{
    if (b->style.deep && tape_chance(b->t, "newest", 3, 4))
        return 0;
    if (taken || b->style.chain)
        n = (size_t)tape_draw(b->t, "age", n) + 1; /* two draws make newer tensors more likely */
    return build_draw(b, "place", n);
}

static int32_t pick_graph_input(builder *b, const op_model *op, size_t input)
{
    size_t n = b->s.inputs.n, first = n ? build_draw(b, "graph input", n) : 0;
    for (size_t k = 0; k < n && k < PICK_SCAN; k++) {
        int32_t t = b->s.inputs.items[(first + k) % n];
        if (t != b->group.target && lower_may_take(b->lower, op, input, &b->s.tensors[t].desc))
            return t;
    }
    return -1;
}

/* Whether the tensor should be joined with another one and the operator cannot do so. */
static bool wants_join(const builder *b, const op_model *op, int32_t t)
{
    return b->s.strict && b->s.notes[t].weak && build_is_data(b, b->s.tensors[t].desc.type) &&
           b->index->facts[op->index].most_data < 2;
}

bool build_cancels(const builder *b, const op_model *op, int32_t t, int32_t u)
{
    return op->flags & OP_UNLIKE && t >= 0 && u >= 0 && b->s.notes[t].origin == b->s.notes[u].origin &&
           lineage_copies(&b->s.tensors[t].desc, &b->s.tensors[u].desc);
}

bool build_suits(const builder *b, const op_model *op, size_t input, int32_t t)
{
    return !wants_join(b, op, t) && !(op->flags & OP_CONTRAST && b->s.notes[t].equal_axes) &&
           lower_may_take(b->lower, op, input, &b->s.tensors[t].desc);
}

/* Treats the lists of these types and ranks as one list. Returns a suitable tensor of the list that contains index `at`. */
static int32_t pick_near(builder *b, id_list (*lists)[STATE_RANKS], dtype_mask types, uint32_t ranks, size_t at, bool taken)
{
    for (int t = 1; t < DT_COUNT; t++)
        for (int r = 0; types >> t & 1 && r < STATE_RANKS; r++) {
            size_t n = ranks >> r & 1 ? lists[t][r].n : 0;
            if (at < n)
                return lists[t][r].items[n - 1 - build_pick_place(b, n, taken)];
            at -= n;
        }
    return -1;
}

static int32_t pick_tensor(builder *b, const op_model *op, size_t input, bool taken, dtype_mask only)
{
    const op_input *in = &op->inputs[input];
    id_list(*lists)[STATE_RANKS] = taken ? b->s.taken : b->s.free;
    dtype_mask types = only == 0 ? in->types : in->types & only;
    size_t total = 0;
    for (int t = 1; t < DT_COUNT; t++)
        for (int r = 0; types >> t & 1 && r < STATE_RANKS; r++)
            if (in->ranks >> r & 1)
                total += lists[t][r].n;
    for (size_t k = 0; k < 4 && total > 0; k++) {
        int32_t t = pick_near(b, lists, types, in->ranks, (build_draw(b, "tensor", total) + k) % total, taken);
        if (build_suits(b, op, input, t))
            return t;
    }
    return -1;
}

int32_t build_pick(builder *b, const op_model *op, size_t input, bool taken, dtype_mask only)
{
    int32_t t = b->group.target >= 0 ? pick_graph_input(b, op, input) : pick_tensor(b, op, input, taken, only);
    if (t < 0 && b->trace)
        b->trace->no_tensor(b->trace->data, op, op->inputs[input].name);
    return t;
}

int32_t build_pick_either(builder *b, const op_model *op, size_t input, dtype_mask only)
{
    int32_t t = build_pick(b, op, input, false, only);
    return t < 0 ? build_pick(b, op, input, true, only) : t;
}
