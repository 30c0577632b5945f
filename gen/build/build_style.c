#include "build/build_style.h"
#include "build/build_budget.h"

static void obey_range(const manner_drawn *m, manner_key key, uint32_t *to)
{
    if (manner_says(m, key))
        *to = m->value[key];
}

/* What the manner states replaces what was drawn. */
static void obey_manner(builder *b)
{
    const manner_drawn *m = b->manner;
    uint32_t live = (uint32_t)b->style.live, inputs = (uint32_t)b->style.inputs;
    obey_range(m, MANNER_outputs, &live);
    obey_range(m, MANNER_inputs, &inputs);
    obey_range(m, MANNER_joins, &b->style.joins);
    obey_range(m, MANNER_reuse, &b->style.reuse);
    obey_range(m, MANNER_same_tensor, &b->style.same);
    b->style.live = live < b->limit ? live : b->limit;
    b->style.inputs = inputs;
    const bool crowded = b->motifs.n_due > 0 || (size_t)b->due.cost * 2 > b->nodes; /* few outputs would leave no room */
    if (manner_says(m, MANNER_outputs) && !crowded)
        b->limit = b->style.live;
    if (manner_says(m, MANNER_chain))
        b->style.chain = b->style.deep = tape_chance(b->t, "chain", m->value[MANNER_chain], 1000);
}

/* Draws the style of the graph. Draws of 0 give a chain with one input and one output. */
void build_style_draw(builder *b)
{
    size_t n = b->nodes;
    b->limit = build_most_outputs(n);
    size_t shape = (size_t)tape_draw(b->t, "style", 3);
    size_t most = shape == 0 ? 2 : shape == 1 ? 2 + n / 16 : b->limit;
    b->style.live = 1 + (size_t)tape_draw(b->t, "outputs", most);
    b->style.chain = shape == 0;
    b->style.deep = false;
    b->style.same = 0;
    b->style.inputs = 1 + n / 16 + (size_t)tape_draw(b->t, "inputs", n / 12 + 2);
    b->style.joins = 260 + (uint32_t)tape_draw(b->t, "joins", 140);
    b->style.reuse = 100 + (uint32_t)tape_draw(b->t, "reuse", 100);
    b->style.empty_from = b->limits.empty > 0 ? (size_t)tape_draw(b->t, "empty from", n / 2 + 1) : 0;
    if (b->manner)
        obey_manner(b);
}
