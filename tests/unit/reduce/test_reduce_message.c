/* Messages of tools: which line says what failed, and what of it stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reduce/reduce_message.h"

static void is(const char *message, const char *expected)
{
    static const char *names[] = {"/layer.0/Add_output_0", "MatMul", "node_7", "scores", "x"}, *kept[] = {"Conv", "MatMul"};
    const reduce_names all = {.names = names, .n = sizeof names / sizeof names[0]},
                       operators = {.names = kept, .n = sizeof kept / sizeof kept[0]};
    json_line out = {.bytes = NULL};
    reduce_message_normalise(&out, message, strlen(message), &all, &operators);
    line_text(&out, "", 1);
    assert_false(out.failed);
    assert_string_equal(out.bytes, expected);
    nn_free(out.bytes);
}

static void test_what_differs_goes(void **state)
{
    (void)state;
    is("expected 3 dimensions, got -12", "expected N dimensions, got N");
    is("shape {1,3,224} and {8}", "shape {N} and {N}");
    is("1x3x5 is not 7", "N is not N");
    is("0.25 1e-5 3.5E+10 at 0x7ffe12", "N at HEX");
    is("node_7: no kernel", "NAME: no kernel");
    is("in /layer.0/Add_output_0.", "in NAME.");
    is("/usr/lib/tool/source.cc:217 failed", "source.cc:N failed");
    is("tensor 'q_3/out' of \"scores\"", "tensor 'NAME' of \"NAME\"");
    is("of node ''", "of node 'NAME'");
    is("Conv_12_token is unknown", "Conv_N_token is unknown");
    is("  two \t words\n", "two words");
    is("\033[31merror\033[0m: x", "error: NAME");
}

static void test_what_tells_stays(void **state)
{
    (void)state;
    is("type int64 or float16", "type int64 or float16");
    is("no kernel for MatMul", "no kernel for MatMul"); /* the type of a node, though a tensor has its name */
    is("no kernel for 'Conv', axis 'size'", "no kernel for 'Conv', axis 'size'");
    is("it's broken", "it's broken");
    is("no scores of x", "no scores of NAME"); /* a word, though a tensor has its name */
    is("", "");
}

static void test_long_messages_are_cut(void **state)
{
    (void)state;
    char text[2000];
    json_line out = {.bytes = NULL};
    memset(text, 'a', sizeof text);
    reduce_message_normalise(&out, text, sizeof text, NULL, NULL);
    assert_int_equal(out.size, 300);
    nn_free(out.bytes);
}

static void finds(const char *text, const char *expected)
{
    size_t n;
    const char *line = reduce_message_find(text, strlen(text), &n);
    assert_int_equal(n, strlen(expected));
    assert_true(n == 0 || memcmp(line, expected, n) == 0);
}

static void test_the_line_that_says_most(void **state)
{
    (void)state;
    finds("loading\nError: no kernel\nstopped\n", "Error: no kernel");
    finds("Traceback (most recent call last):\n  File \"a.py\", line 3\n    error()\nValueError: bad\n", "ValueError: bad");
    finds("WARNING: fails soon\n[W:ort] error\nlast words", "last words");
    finds("a: Assertion `n > 0' failed.\nAborted", "a: Assertion `n > 0' failed.");
    finds("first\n\nsecond\n", "second");
    finds("", "");
    finds("\n \n", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_differs_goes), cmocka_unit_test(test_what_tells_stays),
                                       cmocka_unit_test(test_long_messages_are_cut),
                                       cmocka_unit_test(test_the_line_that_says_most)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
