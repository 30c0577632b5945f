/* Whole models in forms: sound, the same each time, and without a leak when memory runs out. */
#include "small_family.h"

#include "form/form.h"
#include "form/form_graph.h"
#include "onnx/onnx_sound.h"

#include <string.h>

static const form_rules *rules(void)
{
    static arena mem;
    static form_rules *all;
    nn_error err;
    if (all == NULL)
        assert_int_equal(form_rules_load(&all, spec_embedded_forms, spec_embedded_forms_count, &mem, &err), NN_OK);
    return all; /* for the whole run */
}

typedef struct {
    nn_model *model; /* plain */
    onnx_request onnx;
    form_choice choice;
    form_request request;
} bench;

static void bench_open(bench *b, uint64_t index, const char *list, uint64_t variant)
{
    nn_error err;
    b->model = NULL;
    assert_int_equal(nn_model_build(&b->model, family, index, &err), NN_OK);
    b->onnx = (onnx_request){.opset = 17, .name = "g", .seed = 3, .index = index};
    assert_int_equal(form_choice_parse(&b->choice, rules(), list, &err), NN_OK);
    b->request = (form_request){.rules = rules(),
                                .choice = &b->choice,
                                .variant = variant,
                                .copies = true,
                                .g = b->model->graph,
                                .names = &b->model->names,
                                .onnx = &b->onnx};
}

static void choices(void **state)
{
    (void)state;
    form_choice c;
    nn_error err;
    assert_int_equal(form_choice_parse(&c, rules(), "", &err), NN_OK);
    assert_false(c.on);
    assert_int_equal(form_choice_parse(&c, rules(), "if:0.25,names", &err), NN_OK);
    assert_true(c.on);
    assert_int_equal(c.share[FORM_IF], 250);
    assert_int_equal(c.share[FORM_NAMES], 1000);
    assert_int_equal(c.share[FORM_LOOP], 0);
    assert_int_equal(form_choice_parse(&c, rules(), "all,scan:0", &err), NN_OK);
    assert_int_equal(c.share[FORM_SCAN], 0);
    assert_int_equal(c.share[FORM_IF], rules()->shares[FORM_IF]);
    assert_int_equal(form_choice_parse(&c, rules(), "scan:0", &err), NN_OK);
    assert_false(c.on);
    static const char *const wrong[] = {"x", "if:", "if:1.5", "if:0.5x", "if,", ",if", "if:0.1.2", ":0.5", "all:2"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(form_choice_parse(&c, rules(), wrong[i], &err), NN_ERR_USAGE);
}

static void write_one(bench *b, onnx_buffer *out, form_result *r, arena *a)
{
    nn_error err;
    assert_int_equal(form_make(r, &b->request, a, &err), NN_OK);
    assert_int_equal(form_write(out, r->model, &err), NN_OK);
}

static void sound_and_the_same_each_time(void **state)
{
    (void)state;
    static const char *const lists[] = {"if", "loop", "scan", "function", "storage", "names", "neutral", "all:1"};
    onnx_buffer one = {0}, two = {0};
    for (size_t k = 0; k < 8; k++)
        for (uint64_t i = 0; i < 24; i++) {
            bench b;
            form_result r;
            arena a;
            char why[300];
            arena_init(&a, 0);
            bench_open(&b, i % 6, lists[k], i);
            write_one(&b, &one, &r, &a);
            if (!onnx_is_sound(one.bytes, one.size, ONNX_ANY_NODES, why, sizeof why))
                fail_msg("%s, model %d: %s", lists[k], (int)i, why);
            assert_true(r.applied != 0);
            nn_error err;
            assert_int_equal(form_write(&two, r.model, &err), NN_OK); /* of the same result */
            assert_int_equal(one.size, two.size);
            assert_memory_equal(one.bytes, two.bytes, one.size);
            arena_reset(&a);
            write_one(&b, &two, &r, &a); /* made again */
            assert_int_equal(one.size, two.size);
            assert_memory_equal(one.bytes, two.bytes, one.size);
            arena_free(&a);
            nn_model_free(b.model);
        }
    onnx_buffer_free(&one);
    onnx_buffer_free(&two);
}

/* Inputs and outputs of the plain graph stay where they are; those that forms add come after them. */
static void ports(void **state)
{
    (void)state;
    size_t inputs = 0, outputs = 0;
    for (uint64_t i = 0; i < 60; i++) {
        bench b;
        form_result r;
        arena a;
        nn_error err;
        arena_init(&a, 0);
        bench_open(&b, i % 6, "all:1", i);
        assert_int_equal(form_make(&r, &b.request, &a, &err), NN_OK);
        const graph *g = b.request.g;
        assert_true(r.g.n_inputs >= g->n_inputs && r.g.n_outputs >= g->n_outputs);
        assert_memory_equal(r.g.inputs, g->inputs, g->n_inputs * sizeof *g->inputs);
        assert_memory_equal(r.g.outputs, g->outputs, g->n_outputs * sizeof *g->outputs);
        for (size_t k = 0; k < r.g.n_inputs; k++) {
            const graph_tensor *t = &r.g.tensors[r.g.inputs[k]];
            assert_int_equal(t->kind, TENSOR_INPUT);
            assert_int_equal(t->serial, k);
            assert_non_null(r.names.tensors[r.g.inputs[k]]);
        }
        for (size_t k = 0; k < r.g.n_outputs; k++)
            assert_true(r.g.tensors[r.g.outputs[k]].output);
        inputs += r.g.n_inputs - g->n_inputs;
        outputs += r.g.n_outputs - g->n_outputs;
        arena_free(&a);
        nn_model_free(b.model);
    }
    assert_true(inputs > 0 && outputs > 0);
}

/* Another copy of the same model has other forms. */
static void copies_differ(void **state)
{
    (void)state;
    bench b;
    form_result one, two;
    arena a;
    nn_error err;
    uint8_t s[2][16] = {{0}};
    arena_init(&a, 0);
    bench_open(&b, 1, "all:1", 1);
    assert_int_equal(form_make(&one, &b.request, &a, &err), NN_OK);
    form_request other = b.request;
    other.variant = 2;
    assert_int_equal(form_make(&two, &other, &a, &err), NN_OK);
    form_structure(one.model, s[0]);
    form_structure(two.model, s[1]);
    assert_memory_not_equal(s[0], s[1], 16);
    arena_free(&a);
    nn_model_free(b.model);
}

#ifdef NN_STRESS
/* Blocks of the arena are small, so that nearly each piece of memory is an allocation that can fail. */
static void out_of_memory(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 3; i++) {
        bench b;
        bench_open(&b, i, "all:1", i);
        long total = 1;
        for (long n = 1; n <= total; n += n < 300 ? 1 : 37) {
            form_result r;
            arena a;
            nn_error err = {0};
            onnx_buffer out = {0};
            arena_init(&a, 64);
            nn_stress_fail_at(n == 1 ? 0 : n - 1);
            nn_status s = form_make(&r, &b.request, &a, &err);
            if (s == NN_OK)
                s = form_write(&out, r.model, &err);
            if (n == 1)
                total = nn_stress_count();
            nn_stress_fail_at(0);
            assert_int_equal(s, n == 1 ? NN_OK : NN_ERR_NOMEM);
            onnx_buffer_free(&out);
            arena_free(&a);
        }
        nn_model_free(b.model);
    }
}
#else
static void out_of_memory(void **state)
{
    (void)state;
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {WITH_FAMILY(choices), WITH_FAMILY(sound_and_the_same_each_time), WITH_FAMILY(ports),
                                       WITH_FAMILY(copies_differ), WITH_FAMILY(out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
