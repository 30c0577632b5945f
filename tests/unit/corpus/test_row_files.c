/* Files that a line of models.jsonl must list, and names that it may not. */
#include "corpus/row_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const row_files rows[] = {
    {.sets = 2, .inputs = 3, .npz = false}, {.sets = 0, .inputs = 3, .npz = true},
    {.sets = 2, .inputs = 3, .npz = true},  {.sets = 0, .inputs = 0, .npz = false},
    {.sets = 2, .inputs = 0, .npz = false}, {.sets = 2, .inputs = 3, .npz = true, .outputs = 1, .expected = true},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* Against a count of all names that there may be. */
static void names_of_a_row(void **state)
{
    (void)state;
    static const size_t counts[ROWS] = {7, 2, 8, 1, 1, 16};
    for (size_t i = 0; i < ROWS; i++) {
        size_t n = 0;
        model_file f;
        for (int set = 0; set < 5; set++)
            for (int input = 0; input < 5; input++) {
                char name[60];
                (void)snprintf(name, sizeof name, "test_data_set_%d/input_%d.pb", set, input);
                if (!row_files_have(&rows[i], name, &f))
                    continue;
                assert_true(f.kind == MODEL_INPUT && f.set == set && f.index == input);
                n++;
            }
        assert_true(row_files_have(&rows[i], "model.onnx", &f));
        assert_int_equal(row_files_have(&rows[i], "inputs.npz", &f), rows[i].npz);
        bool archives = rows[i].npz && rows[i].expected;
        assert_int_equal(row_files_have(&rows[i], "outputs.npz", &f), archives);
        assert_int_equal(row_files_have(&rows[i], "bounds.npz", &f), archives);
        assert_int_equal(row_files_have(&rows[i], "data.json", &f), rows[i].expected);
        assert_int_equal(row_files_have(&rows[i], "config.txt", &f), rows[i].expected);
        for (int k = 0; k < 2; k++)
            assert_int_equal(row_files_have(&rows[i], k ? "test_data_set_1/output_0.pb" : "test_data_set_1/bound_0.pb", &f),
                             rows[i].expected);
        size_t more = (rows[i].npz ? 1u : 0u) + (archives ? 2u : 0u) + (rows[i].expected ? 6u : 0u);
        assert_int_equal(1 + more + n, counts[i]);
        assert_int_equal(row_files_count(&rows[i]), counts[i]);
    }
}

/* Names that lead out of the model's directory, or to what other programs write. */
static void other_names(void **state)
{
    (void)state;
    static const char *const names[] = {"",
                                        "../model.onnx",
                                        "/etc/passwd",
                                        "test_data_set_0/output_1.pb",
                                        "test_data_set_0/../../x",
                                        "test_data_set_2/input_0.pb",
                                        "test_data_set_0/input_3.pb",
                                        "test_data_set_999999999/input_999999999.pb",
                                        "test_data_set_00/input_0.pb"};
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
            model_file f;
            if (row_files_have(&rows[i], names[k], &f))
                fail_msg("row %zu has %s", i, names[k]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_a_row),
        cmocka_unit_test(other_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
