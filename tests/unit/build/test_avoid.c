/* Paths that are to be avoided, recognised as the graph grows. */
#include "build/avoid.h"
#include "splitmix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { NODES = 60, OPS = 4, SEQUENCES = 30, LONGEST = 5 };

typedef struct {
    uint16_t ops[NODES];
    size_t inputs[NODES][2]; /* a node before it, or the node itself for a graph input */
} small_graph;

/* Whether a path of this sequence ends in the node: a search from its end backwards over sets of nodes. */
static bool ends_in(const small_graph *g, size_t node, const uint16_t *sequence, size_t length)
{
    uint64_t at = g->ops[node] == sequence[length - 1] ? (uint64_t)1 << node : 0;
    for (size_t k = length - 1; k-- > 0 && at;) {
        uint64_t before = 0;
        for (size_t v = 0; v <= node; v++)
            for (int j = 0; j < 2 && at >> v & 1; j++)
                if (g->inputs[v][j] < v && g->ops[g->inputs[v][j]] == sequence[k])
                    before |= (uint64_t)1 << g->inputs[v][j];
        at = before;
    }
    return at != 0;
}

/* On random graphs that grow at the end: a node that would complete a sequence is refused, and no other. */
static void a_search_of_all_paths_agrees(void **state)
{
    (void)state;
    arena a;
    size_t refused = 0, let_in = 0;
    arena_init(&a, 0);
    splitmix_state = 1;
    for (int round = 0; round < 300; round++) {
        avoid_set *s = avoid_new(&a, OPS);
        small_graph g;
        uint16_t sequences[SEQUENCES][LONGEST];
        size_t length[SEQUENCES], n_sequences = 1 + (size_t)round % SEQUENCES;
        avoid_mask masks[NODES];
        assert_non_null(s);
        for (size_t i = 0; i < n_sequences; i++) {
            length[i] = 2 + splitmix() % (LONGEST - 1);
            for (size_t k = 0; k < length[i]; k++)
                sequences[i][k] = (uint16_t)(splitmix() % OPS);
            assert_true(avoid_add(s, sequences[i], length[i]));
        }
        /* A refused node is drawn anew, a few times. */
        for (size_t n = 0, failures = 0; n < NODES && failures < 20;) {
            g.ops[n] = (uint16_t)(splitmix() % OPS);
            masks[n] = (avoid_mask){0};
            for (int k = 0; k < 2; k++) {
                g.inputs[n][k] = splitmix() % (n + 1);
                if (g.inputs[n][k] < n)
                    avoid_pass(&masks[n], &masks[g.inputs[n][k]]);
            }
            bool found = false;
            for (size_t i = 0; i < n_sequences; i++)
                found |= ends_in(&g, n, sequences[i], length[i]);
            assert_int_equal(avoid_enter(s, &masks[n], g.ops[n]), !found);
            refused += found;
            failures += found;
            let_in += !found;
            n += !found;
        }
        arena_reset(&a);
    }
    assert_true(refused > 1000 && let_in > 1000);
    arena_free(&a);
}

static void room_is_bounded(void **state)
{
    (void)state;
    static const uint16_t longest[AVOID_MOST + 1];
    arena a;
    arena_init(&a, 0);
    avoid_set *s = avoid_new(&a, OPS);
    assert_false(avoid_add(s, longest, AVOID_MOST + 1));
    assert_true(avoid_add(s, longest, AVOID_MOST));
    assert_false(avoid_add(s, longest, 2));
    arena_free(&a);
}

/* The last operator of a sequence is not inner, unless it stands elsewhere too. */
static void inner_operators(void **state)
{
    (void)state;
    arena a;
    arena_init(&a, 0);
    avoid_set *s = avoid_new(&a, OPS);
    assert_true(avoid_add(s, (const uint16_t[]){0, 1}, 2));
    assert_true(s->inner[0] && !s->inner[1] && !s->inner[2]);
    assert_true(avoid_add(s, (const uint16_t[]){1, 2}, 2));
    assert_true(s->inner[1] && !s->inner[2]);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_search_of_all_paths_agrees),
        cmocka_unit_test(room_is_bounded),
        cmocka_unit_test(inner_operators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
