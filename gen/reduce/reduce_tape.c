#include "reduce/reduce_tape.h"
#include "base/file_read.h"
#include "corpus/replay.h"
#include "draw/segments.h"
#include "onnx/onnx_parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SEGMENTS = 65536 };
#define MOST_TAPE ((size_t)64 << 20)

void reduce_tape_close(reduce_tape *t)
{
    nn_model_free(t->model);
    nn_family_close(t->family);
    nn_table_close(t->table);
    *t = (reduce_tape){.table = NULL};
}

/* ---- the family of a model ---- */

static const char *property(const Onnx__ModelProto *m, const char *key)
{
    for (size_t i = 0; i < m->n_metadata_props; i++)
        if (m->metadata_props[i]->key != NULL && strcmp(m->metadata_props[i]->key, key) == 0)
            return m->metadata_props[i]->value;
    return NULL;
}

/* Sets one option from "field=value". */
static nn_status set_option(options *o, char *text, const char *shown, nn_error *err)
{
    char *equals = strchr(text, '='), *end;
    if (equals != NULL)
        *equals = '\0';
    for (const option_row *row = option_rows; equals != NULL && row < option_rows + option_count; row++) {
        if (strcmp(row->field, text) != 0)
            continue;
        if (row->kind == OPTION_TEXT || row->kind == OPTION_WORD) {
            option_set_text(o, row, equals + 1);
            return NN_OK;
        }
        long long x = strtoll(equals + 1, &end, 10);
        if (*end == '\0' && end != equals + 1) {
            option_set_int(o, row, x);
            return NN_OK;
        }
    }
    return nn_fail(err, NN_ERR_USAGE, shown, 0, 0, "--tape: its metadata name the option \"%.60s\", which this nngen does not have",
                   text);
}

/* The options in the metadata. The text is cut and must live as long as the options. */
static nn_status read_options(options *o, char *text, const char *shown, nn_error *err)
{
    nn_status s = NN_OK;
    options_default(o);
    for (char *p = text; s == NN_OK && *p != '\0';) {
        char *gap = strchr(p, ' ');
        if (gap != NULL)
            *gap = '\0';
        s = set_option(o, p, shown, err);
        p = gap != NULL ? gap + 1 : p + strlen(p);
    }
    return s == NN_OK ? options_check(o, "", err) : s;
}

static nn_status open_family(reduce_tape *t, const Onnx__ModelProto *m, const char *shown, arena *a, nn_error *err)
{
    const char *text = property(m, "nngen.options"), *version = property(m, "nngen.version");
    options o;
    if (text == NULL || version == NULL)
        return nn_fail(err, NN_ERR_USAGE, shown, 0, 0, "--tape: is not a model of nngen: it has no metadata nngen.options");
    if (strcmp(version, nn_version()) != 0)
        return nn_fail(err, NN_ERR_USAGE, shown, 0, 0, "--tape: was made by nngen %.40s, this is %s", version, nn_version());
    char *own = arena_strdup(a, text);
    if (own == NULL)
        return nn_nomem(err);
    nn_status s = read_options(&o, own, shown, err);
    const nn_table_config tc = table_of_options(&o);
    const nn_family_config fc = family_of_options(&o);
    if (s == NN_OK)
        s = nn_table_open(&t->table, &tc, err);
    if (s == NN_OK)
        s = nn_family_open(&t->family, t->table, &fc, err);
    return s;
}

/* ---- the case of a tape ---- */

static nn_status copy_bytes(reduce_bytes *to, const void *bytes, size_t n, nn_error *err)
{
    to->bytes = nn_malloc(n + 1);
    if (to->bytes == NULL)
        return nn_nomem(err);
    if (n > 0)
        memcpy(to->bytes, bytes, n);
    to->n = n;
    return NN_OK;
}

/* The files of the model that was built. A family without input tensors has none. */
static nn_status take_case(reduce_tape *t, reduce_case *out, nn_error *err)
{
    const void *bytes;
    size_t n, inputs = nn_model_inputs(t->model);
    nn_error ignored;
    nn_status s = nn_model_onnx(t->model, &bytes, &n, err);
    if (s == NN_OK)
        s = copy_bytes(&out->model, bytes, n, err);
    if (s == NN_OK)
        s = nn_model_tape(t->model, &bytes, &n, err);
    if (s == NN_OK)
        s = copy_bytes(&out->tape, bytes, n, err);
    out->inputs = nn_calloc(inputs + 1, sizeof *out->inputs);
    if (s == NN_OK && out->inputs == NULL)
        s = nn_nomem(err);
    for (size_t i = 0; s == NN_OK && i < inputs; i++) {
        out->n_inputs = i + 1;
        if (nn_model_input(t->model, 0, i, &bytes, &n, &ignored) == NN_OK)
            s = copy_bytes(&out->inputs[i], bytes, n, err);
    }
    if (s != NN_OK)
        reduce_case_free(out);
    return s;
}

static bool is_smaller(const reduce_bytes *one, const reduce_bytes *than)
{
    segment_list a = {.items = NULL}, b = {.items = NULL};
    bool good = segments_read(&a, one->bytes, one->n, MOST_SEGMENTS) && segments_read(&b, than->bytes, than->n, MOST_SEGMENTS);
    int order = one->n < than->n ? -1 : one->n > than->n;
    for (size_t i = 0; good && order == 0 && i < a.n_values && i < b.n_values; i++) {
        const segment_item *x = &a.values[i], *y = &b.values[i];
        order = x->label == y->label && x->place == y->place ? (x->value > y->value) - (x->value < y->value) : 0;
    }
    segments_free(&a);
    segments_free(&b);
    return good && order < 0;
}

/* Builds the model from the tape as it writes it down itself, whose digest the model then states. */
static nn_status build_again(reduce_tape *t, nn_error *err)
{
    const void *bytes;
    size_t n;
    reduce_bytes own = {.bytes = NULL};
    nn_status s = nn_model_tape(t->model, &bytes, &n, err);
    if (s == NN_OK)
        s = copy_bytes(&own, bytes, n, err);
    if (s == NN_OK)
        s = nn_model_build_bytes(&t->model, t->family, own.bytes, own.n, err);
    nn_free(own.bytes);
    return s;
}

nn_status reduce_tape_build(reduce_tape *t, const reduce_bytes *tape, const reduce_bytes *than, reduce_case *out, bool *good,
                            nn_error *err)
{
    nn_error inner;
    *out = (reduce_case){.inputs = NULL};
    nn_status s = nn_model_build_bytes(&t->model, t->family, tape->bytes, tape->n, &inner);
    if (s == NN_OK)
        s = build_again(t, err);
    *good = s == NN_OK;
    if (s == NN_ERR_NOMEM)
        return nn_nomem(err);
    if (s == NN_OK)
        s = take_case(t, out, err);
    else
        s = NN_OK; /* the family has no model of this tape */
    if (s == NN_OK && *good && than != NULL && !is_smaller(&out->tape, than)) {
        *good = false;
        reduce_case_free(out);
    }
    return s;
}

/* ---- opening ---- */

/* The path with another ending. NULL: out of memory. */
static const char *beside(const char *path, const char *end, arena *a)
{
    const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
    int n = (int)(dot != NULL && (slash == NULL || dot > slash) ? (size_t)(dot - path) : strlen(path));
    return arena_printf(a, "%.*s%s", n, path, end);
}

/* The model of a tape, or of the index that the metadata name. */
static nn_status build_first(reduce_tape *t, reduce_case *c, const Onnx__ModelProto *m, const char *tape, nn_error *err)
{
    file_bytes f = {.bytes = NULL};
    bool good = true;
    const char *index = property(m, "nngen.index");
    nn_status s = file_read(&f, AT_FDCWD, tape, 0, MOST_TAPE, tape, err);
    if (s == NN_OK)
        s = reduce_tape_build(t, &(reduce_bytes){(uint8_t *)f.bytes, f.n}, NULL, c, &good, err);
    else if (s == NN_ERR_IO && errno == ENOENT && index != NULL && property(m, "nngen.tape") == NULL) {
        s = nn_model_build(&t->model, t->family, strtoull(index, NULL, 10), err);
        if (s == NN_OK)
            s = take_case(t, c, err);
    }
    file_bytes_free(&f);
    return s == NN_OK && !good ? nn_fail(err, NN_ERR_USAGE, tape, 0, 0, "the family has no model of this tape") : s;
}

nn_status reduce_tape_open(reduce_tape *t, reduce_case *c, const char *path, nn_error *err)
{
    file_bytes f = {.bytes = NULL};
    Onnx__ModelProto *m;
    arena a;
    *t = (reduce_tape){.table = NULL};
    *c = (reduce_case){.inputs = NULL};
    arena_init(&a, 0);
    const char *model = beside(path, ".onnx", &a), *tape = beside(path, ".tape", &a);
    nn_status s = model != NULL && tape != NULL ? file_read(&f, AT_FDCWD, model, 0, INT32_MAX, model, err) : nn_nomem(err);
    if (s == NN_OK)
        s = onnx_parse_all(&m, f.bytes, f.n, &a, model, err);
    if (s == NN_OK)
        s = open_family(t, m, model, &a, err);
    if (s == NN_OK)
        s = build_first(t, c, m, tape, err);
    if (s == NN_OK && (c->model.n != f.n || memcmp(c->model.bytes, f.bytes, f.n) != 0))
        s = nn_fail(err, NN_ERR_USAGE, model, 0, 0,
                    "--tape: is not the model that this nngen makes from its metadata or from its tape");
    file_bytes_free(&f);
    arena_free(&a);
    if (s != NN_OK) {
        reduce_case_free(c);
        reduce_tape_close(t);
    }
    return s;
}

/* ---- steps ---- */

static bool places(const segment *x)
{
    return x->kind != SEGMENT_HEAD && x->kind != SEGMENT_TAIL;
}

static bool is_draw(const segment_item *x)
{
    return x->label >= SEGMENT_LABELS;
}

static size_t count_segments(const reduce_base *b)
{
    segment_list l = {.items = NULL};
    size_t n = 0;
    (void)segments_read(&l, b->from.tape.bytes, b->from.tape.n, MOST_SEGMENTS);
    for (size_t k = 0; k < l.n; k++)
        n += places(&l.items[k]);
    segments_free(&l);
    return n;
}

static size_t count_draws(const reduce_base *b)
{
    segment_list l = {.items = NULL};
    size_t n = 0;
    (void)segments_read(&l, b->from.tape.bytes, b->from.tape.n, MOST_SEGMENTS);
    for (size_t i = 0; i < l.n_values; i++)
        n += is_draw(&l.values[i]);
    segments_free(&l);
    return n;
}

static bool write_tape(reduce_edit *e, const segment_list *l)
{
    e->tape.n = segments_size(l);
    e->tape.bytes = l->failed ? NULL : arena_alloc(&e->memory, e->tape.n + 1);
    if (e->tape.bytes != NULL)
        segments_write(l, e->tape.bytes);
    return e->tape.bytes != NULL;
}

static bool remove_segments(reduce_edit *e, const bool *chosen)
{
    const reduce_bytes *from = &e->base->from.tape;
    segment_list l = {.items = NULL}, to = {.items = NULL};
    bool good = segments_read(&l, from->bytes, from->n, MOST_SEGMENTS);
    for (size_t k = 0; good && k < l.n; k++) {
        if (places(&l.items[k]) && *chosen++)
            continue;
        segments_copy(&to, &l, k);
    }
    good = good && write_tape(e, &to);
    segments_free(&l);
    segments_free(&to);
    return good;
}

static bool divide_draws(reduce_edit *e, const bool *chosen, uint32_t by)
{
    const reduce_bytes *from = &e->base->from.tape;
    segment_list l = {.items = NULL};
    bool good = segments_read(&l, from->bytes, from->n, MOST_SEGMENTS);
    for (size_t i = 0; good && i < l.n_values; i++)
        if (is_draw(&l.values[i]) && *chosen++)
            l.values[i].value = by > 0 ? l.values[i].value / by : 0;
    good = good && write_tape(e, &l);
    segments_free(&l);
    return good;
}

/* The least that a number can be which is no draw: a dimension, or how many equal and constant nodes are added. */
static bool has_least(const segment_item *x, uint32_t *least)
{
    *least = x->label == ITEM_DIM;
    return x->label == ITEM_DIM || x->label == ITEM_EXTRA;
}

static size_t count_numbers(const reduce_base *b)
{
    segment_list l = {.items = NULL};
    size_t n = 0;
    uint32_t least;
    (void)segments_read(&l, b->from.tape.bytes, b->from.tape.n, MOST_SEGMENTS);
    for (size_t i = 0; i < l.n_values; i++)
        n += has_least(&l.values[i], &least);
    segments_free(&l);
    return n;
}

static bool numbers_to_least(reduce_edit *e, const bool *chosen)
{
    const reduce_bytes *from = &e->base->from.tape;
    segment_list l = {.items = NULL};
    uint32_t least;
    bool good = segments_read(&l, from->bytes, from->n, MOST_SEGMENTS);
    for (size_t i = 0; good && i < l.n_values; i++)
        if (has_least(&l.values[i], &least) && *chosen++ && l.values[i].value > least)
            l.values[i].value = least;
    good = good && write_tape(e, &l);
    segments_free(&l);
    return good;
}

static bool draws_to_zero(reduce_edit *e, const bool *chosen)
{
    return divide_draws(e, chosen, 0);
}

static bool draws_to_part(reduce_edit *e, const bool *chosen)
{
    return divide_draws(e, chosen, 8);
}

static bool draws_to_half(reduce_edit *e, const bool *chosen)
{
    return divide_draws(e, chosen, 2);
}

const reduce_step reduce_tape_steps[] = {
    {"segments of the tape", STEP_TAPE, false, count_segments, remove_segments},
    {"numbers to their least", STEP_TAPE, false, count_numbers, numbers_to_least},
    {"draws to 0", STEP_TAPE, false, count_draws, draws_to_zero},
    {"draws to an eighth", STEP_TAPE, false, count_draws, draws_to_part},
    {"draws to half", STEP_TAPE, false, count_draws, draws_to_half},
};
const size_t reduce_n_tape_steps = sizeof reduce_tape_steps / sizeof reduce_tape_steps[0];
