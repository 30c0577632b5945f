/* The graph of hand_small with its names, and what the writer makes of it: TEST(f) sets it up for a test. */
#ifndef TEST_WRITTEN_MODEL_H
#define TEST_WRITTEN_MODEL_H

#include "hand_graph.h"
#include "onnx.pb-c.h"
#include "write/onnx_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static arena mem;
static hand h;
static model_names names;
static onnx_buffer buffer;
static const onnx_property properties[] = {{"nngen.seed", "7"}, {"nngen.options", "nodes=6 count=1"}};
static onnx_request request = {
    .opset = 17, .name = "test_000003", .properties = properties, .n_properties = 2, .seed = 7, .index = 3};

static inline int set_up(void **state)
{
    (void)state;
    arena_init(&mem, 0);
    hand_small(&h);
    nn_error err;
    return model_names_new(&names, &h.g, NULL, &mem, &err) == NN_OK ? 0 : -1;
}

static inline int tear_down(void **state)
{
    (void)state;
    arena_free(&mem);
    onnx_buffer_free(&buffer);
    return 0;
}

static inline Onnx__ModelProto *written(void)
{
    nn_error err = {0};
    if (onnx_write_model(&buffer, &h.g, &names, &request, &mem, &err) != NN_OK)
        fail_msg("%s", err.message);
    Onnx__ModelProto *m = onnx__model_proto__unpack(NULL, buffer.size, buffer.bytes);
    assert_non_null(m);
    return m;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
