/* Files as the generator writes them: one definition of each tensor, before its uses. */
#include "onnx/hand_model.h"
#include "onnx/onnx_sound.h"

#include <stdio.h>
#include <stdlib.h>

static void check(const buffer *g, uint64_t nodes, const char *says)
{
    static buffer m;
    char why[300] = "old";
    model(&m, g);
    assert_int_equal(onnx_is_sound(m.bytes, m.n, nodes, why, sizeof why), says[0] == '\0');
    assert_string_equal(why, says);
}

static void good_models(void **state)
{
    (void)state;
    static buffer g;
    g.n = 0;
    check(&g, 0, "");
    named(&g, 11, 1, "x");
    named(&g, 5, 8, "w");
    node(&g, "A", "x w ", "a b", NULL);
    node(&g, "B", "a  b", "c", NULL); /* one input is left out */
    node(&g, "C", "", "", NULL);
    named(&g, 12, 1, "c");
    named(&g, 12, 1, "x");
    check(&g, 3, "");
    check(&g, 2, "has 3 nodes, not 2");
    check(&g, ONNX_ANY_NODES, "");
}

static void faults(void **state)
{
    (void)state;
    static buffer g;
    g.n = 0;
    node(&g, "A", "nothing", "a", NULL);
    check(&g, 1, "uses tensor nothing before it is defined");
    g.n = 0;
    node(&g, "B", "a", "b", NULL); /* the other order would be sound */
    node(&g, "A", "", "a", NULL);
    check(&g, 2, "uses tensor a before it is defined");
    g.n = 0;
    node(&g, "A", "a", "a", NULL);
    check(&g, 1, "uses tensor a before it is defined");
    g.n = 0;
    node(&g, "A", "", "a a", NULL);
    check(&g, 1, "defines a tensor twice: a");
    g.n = 0;
    named(&g, 11, 1, "x");
    node(&g, "A", "", "x", NULL);
    check(&g, 1, "defines a tensor twice: x");
    g.n = 0;
    named(&g, 11, 1, "x");
    named(&g, 5, 8, "x"); /* an initializer that a caller may override */
    check(&g, 0, "");
    named(&g, 5, 8, "x");
    check(&g, 0, "defines a tensor twice: x");
    g.n = 0;
    node(&g, "A", "", "a", NULL);
    named(&g, 12, 1, "b");
    check(&g, 1, "has a graph output that no node produces");
    g.n = 0;
    named(&g, 12, 1, "");
    check(&g, 0, "has a graph output that no node produces");
    char name[200], says[140];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    g.n = 0;
    node(&g, "A", name, "a", NULL);
    (void)snprintf(says, sizeof says, "uses tensor %.80s before it is defined", name);
    check(&g, 1, says);
}

/* Every beginning of a model is refused and says why. */
static void what_is_cut_off(void **state)
{
    (void)state;
    static buffer g, m;
    g.n = 0;
    named(&g, 11, 1, "x");
    node(&g, "A", "x", "a", NULL);
    named(&g, 12, 1, "a");
    model(&m, &g);
    for (size_t n = 0; n < m.n; n++) {
        char why[300] = "", cut[8];
        uint8_t *copy = malloc(n + 1); /* so that a sanitizer sees a byte too many */
        assert_non_null(copy);
        memcpy(copy, m.bytes, n);
        assert_false(onnx_is_sound(copy, n, 1, why, sizeof why));
        assert_true(why[0] != '\0');
        assert_false(onnx_is_sound(copy, n, 1, cut, sizeof cut));
        assert_memory_equal(cut, why, sizeof cut - 1);
        free(copy);
    }
}

#ifdef NN_STRESS
static void no_memory(void **state)
{
    (void)state;
    static buffer g, m;
    g.n = 0;
    node(&g, "A", "", "a", NULL);
    model(&m, &g);
    bool good = false;
    for (long n = 1; !good; n++) {
        char why[300] = "old";
        nn_stress_fail_at(n);
        good = onnx_is_sound(m.bytes, m.n, 1, why, sizeof why);
        nn_stress_fail_at(0);
        assert_string_equal(why, "");
        assert_true(!good || n > 3);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_models),
        cmocka_unit_test(faults),
        cmocka_unit_test(what_is_cut_off),
#ifdef NN_STRESS
        cmocka_unit_test(no_memory),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
