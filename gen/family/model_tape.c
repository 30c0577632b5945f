#include "base/mix.h"
#include "family/family.h"

#include <stdio.h>
#include <string.h>

#define MORE_NODES 8        /* that a tape may have beyond twice the family's number */
#define SEGMENTS_PER_NODE 4 /* segments of a tape that are read, for each node that it may have */

void model_tape_free(model_tape *t)
{
    nn_free(t->source);
    nn_free(t->bytes);
    segments_free(&t->segments);
    segment_reader_free(&t->reader);
    build_log_free(&t->log);
}

static size_t most_nodes(const nn_family *f)
{
    return 2 * (size_t)f->options.nodes + MORE_NODES;
}

void model_tape_begin(nn_model *m, build_request *r)
{
    size_t head = 0;
    model_tape *t = &m->taped;
    while (head < t->segments.n && t->segments.items[head].kind != SEGMENT_HEAD)
        head++;
    t->reader.list = &t->segments;
    (void)segment_enter(&t->reader, head, 0); /* without memory all draws are zero, and the builder reports it */
    build_tape_head(&t->reader);
    tape_follow(m->tape, &t->reader);
    r->replay = &t->reader;
    r->nodes = most_nodes(m->family);
}

/* The check of a tape: it tells whether the tape is still that of a seeded model of this family. */
static uint32_t check_of(const nn_family *f, const segment_list *l)
{
    return (uint32_t)segments_hash(l, fnv_text(fnv_text(FNV_START, f->digest), f->description), ITEM_CHECK);
}

void model_log_begin(nn_model *m, build_log *log)
{
    const model_tape *t = &m->taped;
    uint32_t base = (uint32_t)mix64(m->seed ^ mix64(m->index + MIX_STEP));
    for (size_t k = 0; t->from_bytes && k < t->segments.n; k++)
        if (t->segments.items[k].kind == SEGMENT_HEAD) {
            base = t->segments.items[k].address;
            break;
        }
    build_log_start(log, m->tape, base);
    build_log_head(log, ITEM_CHECK, 0, 0);
    build_log_head(log, ITEM_SEED, 0, (uint32_t)m->seed);
    build_log_head(log, ITEM_SEED, 1, (uint32_t)(m->seed >> 32));
    build_log_head(log, ITEM_INDEX, 0, (uint32_t)m->index);
    build_log_head(log, ITEM_INDEX, 1, (uint32_t)(m->index >> 32));
}

static uint64_t two_items(const segment_reader *r, segment_label label, uint64_t otherwise)
{
    uint32_t low, high;
    const bool both = segment_find(r, label, 0, &low) && segment_find(r, label, 1, &high);
    return both ? (uint64_t)high << 32 | low : otherwise;
}

/* Reads the head: what the files of the model depend on beside the graph. */
static nn_status read_source(nn_model *m, nn_error *err)
{
    model_tape *t = &m->taped;
    const nn_family *f = m->family;
    build_request unused;
    if (!segments_read(&t->segments, t->source, t->size, SEGMENTS_PER_NODE * most_nodes(f)))
        return nn_nomem(err);
    model_tape_begin(m, &unused);
    m->seed = two_items(&t->reader, ITEM_SEED, (uint64_t)f->options.seed) & INT64_MAX;
    m->index = two_items(&t->reader, ITEM_INDEX, 0);
    m->variant = 0; /* of copies, tapes give the plain one */
    uint32_t check = 0;
    t->changed = !segment_find(&t->reader, ITEM_CHECK, 0, &check) || check != check_of(f, &t->segments) ||
                 m->seed != (uint64_t)f->options.seed || m->index >= (uint64_t)f->options.count;
    model_name(m->name, m->index, 1);
    if (!t->changed)
        return NN_OK;
    uint8_t digest[SHA256_SIZE];
    nn_status s = sha256_digest(m->hasher, t->source, t->size, digest, err);
    if (s == NN_OK) {
        sha256_hex(digest, t->digest);
        (void)snprintf(m->name, sizeof m->name, "tape_%.12s", t->digest);
    }
    return s;
}

/* Builds the model and writes down its tape. */
static nn_status make_logged(nn_model *m, nn_error *err)
{
    m->graph = NULL;
    nn_status s = model_make(m, &m->taped.log, err);
    build_log_stop(&m->taped.log, m->tape);
    m->taped.logged = s == NN_OK;
    return s;
}

/* Closed fragments are drawn by what is not written down. */
static nn_status has_tapes(const nn_family *f, nn_error *err)
{
    for (int kind = 0; kind < FRAGMENT_KINDS; kind++)
        if (f->fragments.share[kind] > 0)
            return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0,
                           "a tape has no closed fragments: a family without data_dependent and random was expected");
    return NN_OK;
}

nn_status nn_model_build_bytes(nn_model **model, const nn_family *f, const void *bytes, size_t size, nn_error *err)
{
    nn_status s = model_reuse(model, f, err);
    if (s == NN_OK)
        s = has_tapes(f, err);
    if (s != NN_OK)
        return s;
    if (bytes == NULL && size > 0)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no bytes were given");
    model_tape *t = &(*model)->taped;
    void *p = t->source;
    bool ok = nn_grow(&p, &t->source_capacity, size + 1, 1);
    t->source = p;
    if (!ok)
        return nn_nomem(err);
    if (size > 0)
        memmove(t->source, bytes, size);
    t->size = size;
    t->from_bytes = true;
    s = read_source(*model, err);
    if (s == NN_OK)
        s = make_logged(*model, err);
    return s;
}

nn_status nn_model_tape(nn_model *m, const void **bytes, size_t *size, nn_error *err)
{
    if (bytes == NULL || size == NULL)
        return nn_no_result(err);
    if (m == NULL || m->graph == NULL)
        return nn_fail(err, NN_ERR_USAGE, NULL, 0, 0, "no model was built");
    model_tape *t = &m->taped;
    nn_status s = has_tapes(m->family, err);
    if (s == NN_OK && !t->logged)
        s = make_logged(m, err);
    if (s != NN_OK)
        return s;
    const size_t n = segments_size(&t->log.list);
    void *p = t->bytes;
    bool ok = !t->log.list.failed && nn_grow(&p, &t->bytes_capacity, n, 1);
    t->bytes = p;
    if (!ok)
        return nn_nomem(err);
    if (!t->changed) /* the first item of the head */
        t->log.list.values[0].value = check_of(m->family, &t->log.list);
    segments_write(&t->log.list, t->bytes);
    *bytes = t->bytes;
    *size = n;
    return NN_OK;
}
