#include "build/build_log.h"
#include "base/mix.h"
#include "build/build_draw.h"

#include <string.h>

static void note(void *data, const char *label, uint64_t bound, uint64_t value)
{
    build_log *l = data;
    if (l->on && strcmp(label, "left out") != 0) /* one draw for each operator, of which only steps would know */
        segment_note(&l->list, &l->counts, l->scope, label, bound, value);
}

static void begin_span(void *data, const char *label)
{
    (void)data;
    (void)label;
}

static void end_span(void *data, bool kept)
{
    (void)data;
    (void)kept;
}

void build_log_start(build_log *l, tape *t, uint32_t base)
{
    l->listener = (tape_listener){note, begin_span, end_span, l};
    l->base = base;
    l->kept = 0;
    segments_clear(&l->list);
    segments_open(&l->list, SEGMENT_HEAD, base);
    l->counts.n = 0;
    l->scope = SCOPE_HEAD;
    l->trying = l->on = true;
    tape_listen(t, &l->listener);
}

void build_log_stop(build_log *l, tape *t)
{
    l->on = false;
    tape_listen(t, NULL);
}

void build_log_head(build_log *l, unsigned label, unsigned place, uint32_t value)
{
    segments_put(&l->list, label, place, value);
}

void build_log_skip(build_log *l)
{
    l->on = false;
}

void build_tape_head(segment_reader *r)
{
    segment_scope(r, SCOPE_HEAD);
}

void build_log_free(build_log *l)
{
    segments_free(&l->list);
}

void log_scope(builder *b, unsigned scope)
{
    if (b->reader)
        segment_scope(b->reader, scope);
    if (!b->log)
        return;
    b->log->scope = scope;
    b->log->on = b->log->trying;
}

void log_pause(builder *b)
{
    if (b->reader)
        segment_scope(b->reader, SCOPE_FREE);
    if (b->log)
        b->log->on = false;
}

/* The address of the segment that is kept next. */
static uint32_t next_address(const builder *b)
{
    if (!b->reader || !b->reader->at)
        return b->log ? (uint32_t)mix64(b->log->base + MIX_STEP * (b->log->kept + 1)) : 0;
    const uint32_t a = b->reader->at->address;
    return b->commits == 0 ? a : (uint32_t)mix64(((uint64_t)b->commits << 32) + a);
}

void log_segment(builder *b, segment_kind kind)
{
    if (!b->log)
        return;
    segments_open(&b->log->list, kind, next_address(b));
    b->log->counts.n = 0;
    b->log->trying = true;
}

void log_try(builder *b, segment_kind kind)
{
    build_log *l = b->log;
    if (!l)
        return;
    l->before = l->list.n;
    l->values_before = l->list.n_values;
    log_segment(b, kind);
    if (!l->list.failed)
        l->list.items[l->list.n - 1].flags =
            (uint8_t)((b->manner && !lower_has_manner(b->lower) ? SEGMENT_PLAIN : 0) | (b->s.leads ? SEGMENT_LEADS : 0));
}

void log_drop(builder *b)
{
    log_pause(b);
    if (!b->log || !b->log->trying)
        return;
    b->log->trying = false;
    b->log->list.n = b->log->before;
    b->log->list.n_values = b->log->values_before;
}

static void name_tensor(builder *b, int32_t t, size_t tensors, int32_t producer, int32_t node, size_t port)
{
    if (t < 0 || ((size_t)t < tensors && producer != node))
        return;
    tensor_address *a = &b->address[t];
    if ((size_t)t >= tensors)
        *a = (tensor_address){.earlier = b->segment, .earlier_port = (uint16_t)port};
    a->segment = b->segment;
    a->port = (uint16_t)port;
}

bool log_keep(builder *b, size_t nodes, size_t tensors)
{
    log_pause(b);
    if (!b->log && !b->reader)
        return true;
    b->segment = next_address(b);
    b->commits++;
    if (b->log && !b->log->list.failed) {
        if (b->group.twice)
            b->log->list.items[b->log->list.n - 1].flags |= SEGMENT_TWICE;
        b->log->trying = false;
        b->log->kept++;
    }
    void *p = b->address;
    bool ok = nn_grow(&p, &b->cap_address, b->s.n_tensors + 1, sizeof *b->address);
    b->address = p;
    for (size_t t = tensors; t < b->s.n_tensors && ok; t++)
        b->address[t] = (tensor_address){0};
    b->n_address = ok ? b->s.n_tensors : 0;
    for (size_t k = nodes; k < b->s.n_nodes && ok; k++) {
        const graph_node *n = &b->s.nodes[k];
        const size_t frame = (k - nodes) * PORT_FRAME;
        for (size_t i = 0; i < n->n_inputs; i++)
            if (n->inputs[i] >= (int32_t)tensors && b->s.tensors[n->inputs[i]].kind != TENSOR_NODE)
                name_tensor(b, n->inputs[i], tensors, -1, 0, frame + PORT_INPUT + i);
        for (size_t o = 0; o < n->n_outputs; o++)
            if (n->outputs[o] >= 0)
                name_tensor(b, n->outputs[o], tensors, b->s.tensors[n->outputs[o]].producer, (int32_t)k, frame + o);
    }
    return ok && (!b->log || !b->log->list.failed);
}

void log_put(builder *b, unsigned label, unsigned place, uint32_t value)
{
    if (b->log && b->log->trying)
        segments_put(&b->log->list, label, place, value);
}

static uint32_t float_bits(double x)
{
    const float f = x > 3e38 ? 3e38f : x < -3e38 ? -3e38f : (float)x;
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

static void put_desc(builder *b, unsigned place, unsigned port, const tensor_desc *d)
{
    log_put(b, ITEM_PORT, place, (port & 0xffff) | (uint32_t)d->type << 16 | (uint32_t)d->rank << 24);
    for (int i = 0; i < d->rank; i++)
        log_put(b, ITEM_DIM, place, (uint32_t)d->dims[i]);
    log_put(b, ITEM_LOW, place, float_bits(d->range.lo));
    log_put(b, ITEM_HIGH, place, float_bits(d->range.hi));
}

void log_desc(builder *b, unsigned place, const tensor_desc *d)
{
    put_desc(b, place, 0, d);
}

void log_tensor(builder *b, unsigned place, int32_t t)
{
    if (!b->log || !b->log->trying)
        return;
    log_put(b, ITEM_FROM, place, b->address[t].segment);
    put_desc(b, place, b->address[t].port, &b->s.tensors[t].desc);
}

/* A tensor that is to be like this one and comes from nowhere. */
static void log_new(builder *b, unsigned place, const tensor_desc *d)
{
    log_put(b, ITEM_FROM, place, SEGMENT_NOWHERE);
    put_desc(b, place, 0, d);
}

static bool slot_by_default(const op_input *in, uint32_t code)
{
    return code == SLOT_CODE(op_input_must(in) ? SLOT_OPEN : SLOT_AUTO, OUTCOME_OPEN, -1, 0, 0);
}

void log_frame(builder *b, size_t f, const lower_request *r, const int32_t *tensors, uint32_t left)
{
    if (!b->log || !b->log->trying)
        return;
    const unsigned at = (unsigned)f << 8;
    log_put(b, ITEM_OPERATOR, at, segment_hash(r->op->name));
    if (r->output_type != DT_NONE)
        log_put(b, ITEM_TYPE, at, (uint32_t)r->output_type);
    for (size_t i = 0, s = 0; i < r->op->n_inputs; i++) {
        if (r->arity[i] != 1)
            log_put(b, ITEM_ARITY, at | (unsigned)i, (uint32_t)r->arity[i]);
        for (int k = 0; k < r->arity[i]; k++, s++) {
            const lower_slot *x = &r->slots[s];
            const bool link = x->kind == SLOT_LINK;
            const int outcome = x->kind != SLOT_OPEN ? OUTCOME_OPEN : left >> s & 1 ? OUTCOME_LEFT : tensors[s] >= 0;
            const uint32_t code =
                SLOT_CODE(x->kind, outcome, x->kind == SLOT_OPEN ? x->rank : -1, link ? x->frame : 0, link ? x->output : 0);
            if (!slot_by_default(&r->op->inputs[i], code))
                log_put(b, ITEM_SLOT, at | (unsigned)s, code);
            if (tensors[s] >= 0)
                log_tensor(b, at | (unsigned)s, tensors[s]);
            else if (x->kind == SLOT_TENSOR)
                log_new(b, at | (unsigned)s, x->tensor);
        }
    }
    if (r->target) {
        log_put(b, ITEM_TARGET, at, (uint32_t)r->target_output + 1);
        if (b->group.target >= 0)
            log_tensor(b, at | 0xff, b->group.target);
        else
            log_new(b, at | 0xff, r->target);
    }
}

void log_get_mark(const builder *b, log_mark *m)
{
    if (b->log && b->log->trying)
        *m = (log_mark){b->log->list.n_values, b->log->list.items[b->log->list.n - 1].n, b->log->counts};
}

void log_rewind(builder *b, const log_mark *m)
{
    if (!b->log || !b->log->trying)
        return;
    b->log->list.n_values = m->values;
    b->log->list.items[b->log->list.n - 1].n = m->n;
    b->log->counts = m->counts;
}

uint32_t log_name(const builder *b, int32_t t)
{
    if (t < 0 || (size_t)t >= b->n_address)
        return 0;
    return (uint32_t)mix64((uint64_t)b->address[t].segment << 16 | b->address[t].port);
}

void log_about(builder *b, int32_t t)
{
    const unsigned scope = t < 0 ? 0 : log_name(b, t) & 0xffff;
    if (b->reader)
        segment_scope(b->reader, scope);
    if (b->log)
        b->log->scope = scope;
}

bool log_names(builder *b, size_t n, uint32_t **names)
{
    *names = b->log || b->reader ? arena_alloc(&b->memory, (n + 1) * sizeof **names) : NULL;
    return *names || !(b->log || b->reader);
}

size_t log_draw_named(builder *b, const char *label, size_t n, const uint32_t *names)
{
    size_t k = build_draw(b, label, n);
    uint32_t name;
    if (n == 0 || !names)
        return k;
    const unsigned place = b->chosen++;
    if (b->reader && segment_find(b->reader, ITEM_CHOSEN, place, &name)) {
        size_t best = 0;
        for (size_t i = 0; i < n; i++)
            if (names[i] == name || (names[best] != name && mix64(names[i] ^ name) > mix64(names[best] ^ name)))
                best = i;
        k = names[k] == name ? k : best;
    }
    log_put(b, ITEM_CHOSEN, place, names[k]);
    return k;
}

void log_renumber(builder *b, size_t t, size_t to)
{
    if (t < b->n_address)
        b->address[to] = b->address[t];
}

int32_t log_find(const builder *b, uint32_t made_by, unsigned port)
{
    for (size_t t = b->n_address; t > 0; t--) {
        const tensor_address *a = &b->address[t - 1];
        if (((a->segment == made_by && a->port == port) || (a->earlier == made_by && a->earlier_port == port)) &&
            b->s.tensors[t - 1].kind != TENSOR_INIT)
            return (int32_t)t - 1;
    }
    return -1;
}

void log_request(builder *b)
{
    if (!b->log || b->log->list.failed)
        return;
    b->log->head = b->log->list.n_values;
    b->log->head_counts = b->log->counts;
}

void log_head_begin(builder *b)
{
    build_log *l = b->log;
    if (b->reader)
        segment_scope(b->reader, SCOPE_STYLE);
    if (!l || l->list.failed)
        return;
    l->trying = l->on = true;
    l->kept = 0;
    l->scope = SCOPE_STYLE;
    l->list.n = 1;
    l->list.items[0].n = l->head;
    l->list.n_values = l->head;
    l->counts = l->head_counts;
}

void log_head_end(builder *b, size_t nodes, bool loose)
{
    log_put(b, ITEM_NODES, 0, (uint32_t)nodes);
    log_put(b, ITEM_ATTEMPT, 0, (uint32_t)b->report.attempts - 1);
    log_put(b, ITEM_EXTRA, 0, (uint32_t)b->extra.equal);
    log_put(b, ITEM_EXTRA, 1, (uint32_t)b->extra.held);
    log_put(b, ITEM_LIMIT, 0, (uint32_t)b->limit);
    if (loose)
        log_put(b, ITEM_LOOSE, 0, 1);
    log_pause(b);
    if (b->log)
        b->log->trying = false;
}

void log_tail(builder *b)
{
    if (b->reader)
        segment_scope(b->reader, 0);
    b->chosen = 0;
    log_segment(b, SEGMENT_TAIL);
    log_put(b, ITEM_TURN, 0, (uint32_t)b->turn);
    if (b->log)
        b->log->scope = 0;
    if (b->log)
        b->log->on = true;
}
