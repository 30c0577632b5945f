/* Models and sequences of operators whose names are single letters. */
#ifndef TEST_LETTERS_H
#define TEST_LETTERS_H

#include "onnx/onnx_view.h"
#include "sequences/seq_trie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static inline onnx_view chains(const char *text)
{
    onnx_view v;
    assert_int_equal(onnx_view_chains(&v, text, strlen(text), "f", NULL), NN_OK);
    return v;
}

static inline uint32_t find(seq_trie *t, const char *text, bool add)
{
    uint32_t s = 0;
    for (; *text != '\0'; text++)
        s = seq_child(t, s, seq_op(t, (char[]){*text, '\0'}, add), add);
    return s;
}

#endif
