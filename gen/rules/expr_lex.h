/* The lexer of table expressions, and the state that it shares with the parser.
 *
 * Ownership: texts of tokens live in the parser's arena. */
#ifndef NN_EXPR_LEX_H
#define NN_EXPR_LEX_H

#include "rules/expr.h"

typedef enum { TK_END, TK_INT, TK_REAL, TK_STRING, TK_NAME, TK_SYMBOL } token_kind;

typedef struct {
    token_kind kind;
    size_t start, end;
    int64_t i;
    double r;
    char symbol[16];  /* at most two characters; wider, so that no comparison reads out of bounds */
    const char *text; /* name or string */
} token;

typedef struct {
    const spec_node *node;
    const char *s;
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

void lex_next(parser *p); /* reads p->t; after an error it is TK_END */
bool lex_is(const parser *p, const char *word);
bool lex_accept(parser *p, const char *word); /* passes over the word if it comes next */
void lex_expect(parser *p, const char *symbol);
/* Errors at the current token, or at an offset; the first one stays. */
void lex_expected(parser *p, const char *what);
void lex_fail(parser *p, size_t offset, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
