/* The structural check: a good graph passes, and each way to break it is found. */
#include "build/graph_check.h"
#include "hand_graph.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const op_model models[] = {{.name = "plain", .index = 0}, {.name = "source", .index = 1, .flags = OP_SOURCE}};
static const op_set ops = {.ops = (op_model *)models, .n_ops = 2, .data = 1u << DT_FLOAT32};

static void good_graph_passes(void **state)
{
    (void)state;
    static hand h;
    nn_error err = {0};
    hand_small(&h);
    if (graph_check(&h.g, &ops, 6, &err) != NN_OK)
        fail_msg("%s", err.message);
}

/* Nodes of hand_small: 0 Conv, 1 LeakyRelu, 2 Add, 3 Clip, 4 Transpose, 5 Reshape. */
static void swap_order(hand *h)
{
    h->order[0] = 1, h->order[1] = 0;
}
static void repeat_order(hand *h)
{
    h->order[5] = 4;
}
static void wrong_consumers(hand *h)
{
    h->tensors[h->nodes[0].outputs[0]].consumers++;
}
static void twice(hand *h)
{
    h->nodes[2].inputs[1] = h->nodes[2].inputs[0];
}
static void no_such_tensor(hand *h)
{
    h->nodes[2].inputs[1] = 1000;
}
static void trailing_gap(hand *h)
{
    h->nodes[2].inputs[1] = -1;
}
static void other_producer(hand *h)
{
    h->tensors[h->nodes[1].outputs[0]].producer = 0;
}
static void input_type(hand *h)
{
    h->tensors[h->inputs[0]].desc.type = DT_INT64;
}
static void output_type(hand *h)
{
    h->tensors[h->outputs[1]].desc.type = DT_BOOL;
}
static void unlisted_output(hand *h)
{
    h->g.n_outputs = 1;
}
static void dead_end(hand *h)
{
    h->tensors[h->outputs[1]].output = false;
    h->g.n_outputs = 1;
}
static void no_interval(hand *h)
{
    h->tensors[h->nodes[1].outputs[0]].desc.range = iv(0, INFINITY);
}
static void constant_node(hand *h)
{
    h->nodes[0].op = 1, h->nodes[2].inputs[0] = h->nodes[1].inputs[0];
}
static void unused_input(hand *h)
{
    hand_tensor(h, TENSOR_INPUT, DT_FLOAT32, DIMS(2), 0, 1);
}
static void input_place(hand *h)
{
    h->tensors[h->inputs[0]].serial = 1;
}
static void apart(hand *h)
{
    int32_t x = hand_tensor(h, TENSOR_INPUT, DT_FLOAT32, DIMS(2), 0, 1);
    hand_output(h, hand_node(h, "Relu", NULL, 0, DT_FLOAT32, DIMS(2), x, -2));
}

static void faults_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*spoil)(hand *h);
        size_t nodes;
        const char *message;
    } rows[] = {
        {"one node less", NULL, 7, "the graph has 6 nodes instead of 7"},
        {"consumer before producer", swap_order, 6, "node 1 comes before the producer of its input 0"},
        {"order repeats", repeat_order, 6, "the order is not a permutation at 5"},
        {"consumers", wrong_consumers, 6, "tensor 4 has 2 uses, 3 are noted"},
        {"input twice", twice, 6, "node 2: tensor 5 is its input twice"},
        {"no such tensor", no_such_tensor, 6, "node 2: input 1 is 1000"},
        {"last input left out", trailing_gap, 6, "node 2: input 1 is -1"},
        {"another's output", other_producer, 6, "node 1 does not produce its output 0"},
        {"input type", input_type, 6, "graph input 0 is int64"},
        {"output type", output_type, 6, "graph output 9 is not a node output of a type of data"},
        {"output not listed", unlisted_output, 6, "1 graph inputs and 2 outputs, 1 and 1 listed"},
        {"dead end", dead_end, 6, "node 5 (Reshape) reaches no graph output"},
        {"infinite interval", no_interval, 6, "tensor 5 has no finite interval"},
        {"constant", constant_node, 6, "node 1 (LeakyRelu) depends on no graph input"},
        {"unused graph input", unused_input, 6, "tensor 10 has 0 uses, 0 are noted"},
        {"place of a graph input", input_place, 6, "graph input 0 is not in its place in the list"},
        {"two parts", apart, 7, "node 6 is not connected with node 0"},
    };
    static hand h;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nn_error err = {0};
        hand_small(&h);
        if (rows[i].spoil)
            rows[i].spoil(&h);
        nn_status st = graph_check(&h.g, &ops, rows[i].nodes, &err);
        if (st != NN_ERR_BUILD || strcmp(err.message, rows[i].message) != 0)
            fail_msg("%s: %d '%s', not '%s'", rows[i].name, (int)st, err.message, rows[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(good_graph_passes), cmocka_unit_test(faults_are_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
