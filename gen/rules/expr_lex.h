/* The lexer of table expressions, and the state that it shares with the parser.
 *
 * Ownership: texts of tokens live in the parser's arena. */
#ifndef NN_EXPR_LEX_H
#define NN_EXPR_LEX_H

#include "rules/expr.h"

#include <string.h>

typedef enum { TK_END, TK_INT, TK_REAL, TK_STRING, TK_NAME, TK_SYMBOL } token_kind;

typedef struct {
    token_kind kind;
    size_t start, end;
    int64_t i;
    double r;
    char symbol[16];  /* at most two characters; wider, so that no comparison reads out of bounds */
    const char *text; /* name or string */
    ex_op op;         /* of a binary operator */
    int level;        /* its precedence: 0 or, 1 and, 2 comparisons (no chains), 3 sums, 4 products; -1: it is no binary operator */
} token;

typedef struct {
    const spec_node *node;
    const char *s;
    bool plain; /* a byte of the text is a character */
    size_t at;
    token t;
    int depth, nodes;
    arena *a;
    nn_error *err;
    nn_status status;
    expr dummy; /* returned instead of new nodes after an error */
    expr *no_args[1];
    bool elements; /* the language of elements (expr.h) */
} parser;

/* A parser at an offset of a scalar's text. It reads no token. */
parser lex_begin(const spec_node *node, size_t offset, arena *a, nn_error *err);
void lex_next(parser *p);                             /* reads p->t; after an error it is TK_END */
spec_place lex_place(const parser *p, size_t offset); /* expr_place, without a walk over a plain text */
void lex_expect(parser *p, const char *symbol);
/* Errors at the current token, or at an offset; the first one stays. */
void lex_expected(parser *p, const char *what);
void lex_fail(parser *p, size_t offset, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* word: a symbol, which has at most two characters, or a name */
static inline bool lex_is(const parser *p, const char *word)
{
    if (p->t.kind == TK_SYMBOL)
        return p->t.symbol[0] == word[0] && p->t.symbol[1] == word[1];
    return p->t.kind == TK_NAME && p->t.text[0] == word[0] && strcmp(p->t.text, word) == 0;
}

/* Passes over the word if it comes next. */
static inline bool lex_accept(parser *p, const char *word)
{
    if (!lex_is(p, word))
        return false;
    lex_next(p);
    return true;
}

#endif
