/* A custom mutator of AFL++: the program under test gets model files, and tapes are mutated. An input of the queue is a tape or a
 * model that carries one. */
#include "base.h"
#include "fuzz/carried.h"
#include "nngen_fuzz.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    uint8_t *out;   /* of the last mutation or step of trimming */
    uint8_t *other; /* the tape that is crossed, or that of the input that is run */
    uint8_t *tape;  /* the input that is being trimmed */
    uint8_t *model; /* of the last input that was run */
    size_t out_capacity, other_capacity, tape_capacity, model_capacity, tape_size, out_size, model_size;
    size_t segment;  /* that is left out next */
    size_t segments; /* of the input that is being trimmed */
    uint64_t seed;
    char text[40];
    bool crossed;
} module;

NN_API void *afl_custom_init(void *afl, unsigned int seed);
NN_API size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *other, size_t other_size, size_t most);
NN_API const char *afl_custom_describe(void *data, size_t most);
NN_API size_t afl_custom_post_process(void *data, uint8_t *buf, size_t size, uint8_t **out);
NN_API int32_t afl_custom_init_trim(void *data, uint8_t *buf, size_t size);
NN_API size_t afl_custom_trim(void *data, uint8_t **out);
NN_API int32_t afl_custom_post_trim(void *data, uint8_t success);
NN_API void afl_custom_deinit(void *data);

void *afl_custom_init(void *afl, unsigned int seed)
{
    (void)afl;
    module *m = nn_calloc(1, sizeof *m);
    if (m)
        m->seed = seed;
    return m;
}

void afl_custom_deinit(void *data)
{
    module *m = data;
    nn_free(m->out);
    nn_free(m->tape);
    nn_free(m->model);
    nn_free(m->other);
    nn_free(m);
}

static bool make_room(uint8_t **bytes, size_t *capacity, size_t n)
{
    void *p = *bytes;
    bool ok = nn_grow(&p, capacity, n, 1);
    *bytes = p;
    return ok;
}

/* One input in four is crossed with another one. */
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *other, size_t other_size, size_t most)
{
    module *m = data;
    *out = NULL;
    if (!make_room(&m->out, &m->out_capacity, most > size ? most : size) ||
        !make_room(&m->other, &m->other_capacity, other_size + 1))
        return 0;
    m->seed++;
    m->crossed = other != NULL && other_size > 0 && m->seed % 4 == 0;
    const size_t settled = nngen_fuzz_settle(m->out, carried_tape(buf, size, m->out), most);
    *out = m->out;
    if (!m->crossed)
        return nn_tape_mutate(m->out, settled, m->out, most, m->seed);
    const size_t n = carried_tape(other, other_size, m->other);
    return nn_tape_cross(m->out, settled, m->other, n, m->out, most, m->seed);
}

const char *afl_custom_describe(void *data, size_t most)
{
    module *m = data;
    (void)snprintf(m->text, most < sizeof m->text ? most : sizeof m->text, "nngen_%s", m->crossed ? "cross" : "mutate");
    return m->text;
}

/* The program under test gets the model of the tape. Old versions of AFL++ process what was processed before, and state another
 * size. */
size_t afl_custom_post_process(void *data, uint8_t *buf, size_t size, uint8_t **out)
{
    module *m = data;
    const void *model;
    size_t n;
    *out = m->model;
    if (buf == m->model && buf != NULL)
        return m->model_size;
    *out = NULL;
    if (!make_room(&m->other, &m->other_capacity, size + 1))
        return 0;
    const size_t tape_size = carried_tape(buf, size, m->other);
    if (!nngen_fuzz_onnx(m->other, tape_size, &model, &n) || !make_room(&m->model, &m->model_capacity, carried_size(n, tape_size)))
        return 0;
    carried_write(model, n, m->other, tape_size, m->model);
    m->model_size = carried_size(n, tape_size);
    *out = m->model;
    return m->model_size;
}

/* By bisection: any bytes are a tape, and long ones may have a segment for every few of them. */
static size_t count_segments(const uint8_t *buf, size_t size, uint8_t *room)
{
    size_t least = 0, most = size;
    while (least < most) {
        const size_t k = least + (most - least) / 2;
        if (nn_tape_drop(buf, size, k, room) > 0)
            least = k + 1;
        else
            most = k;
    }
    return least;
}

/* Trimming leaves out one segment after the other. */
int32_t afl_custom_init_trim(void *data, uint8_t *buf, size_t size)
{
    module *m = data;
    if (!make_room(&m->tape, &m->tape_capacity, size + 64) || !make_room(&m->out, &m->out_capacity, size + 64))
        return 0;
    m->tape_size = carried_tape(buf, size, m->tape);
    m->segment = 0;
    m->segments = count_segments(m->tape, m->tape_size, m->out);
    return (int32_t)m->segments;
}

size_t afl_custom_trim(void *data, uint8_t **out)
{
    module *m = data;
    *out = m->out;
    m->out_size =
        make_room(&m->out, &m->out_capacity, m->tape_size + 64) ? nn_tape_drop(m->tape, m->tape_size, m->segment, m->out) : 0;
    if (m->out_size == 0) { /* nothing can be left out */
        *out = m->tape;
        return m->tape_size;
    }
    return m->out_size;
}

int32_t afl_custom_post_trim(void *data, uint8_t success)
{
    module *m = data;
    if (success && m->out_size > 0) {
        m->tape_size = nn_tape_drop(m->tape, m->tape_size, m->segment, m->tape);
        m->segments = count_segments(m->tape, m->tape_size, m->out);
    } else {
        m->segment++;
    }
    return (int32_t)(m->segment < m->segments ? m->segment : 1 << 20); /* a step beyond all ends the trimming */
}
