/* Finite-domain constraint solver over int64: trail, propagators, randomised search. Knows nothing of ONNX.
 *
 * A problem is built, propagated, searched and rolled back in microseconds and the same csp serves many problems in turn
 * (csp_reset is O(1)). Domains are intervals plus an optional small sorted set of values. All arithmetic is checked or widened:
 * no input overflows. Limits are counted in propagations, never in time.
 *
 * Ownership: the csp owns its memory; variables are indices into it, valid until csp_undo past their creation or csp_reset.
 * Posting functions return CSP_OK, CSP_FAIL when the constraint is plainly inconsistent, or CSP_NOMEM; the last is also sticky: see
 * csp_status. Functions that create a variable return a negative number without memory. Posting propagates nothing on its own
 * beyond cheap bounds; csp_propagate runs to the fixed point. */
#ifndef CSP_H
#define CSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct csp csp;
typedef int32_t csp_var;

typedef enum { CSP_OK = 0, CSP_FAIL, CSP_LIMIT, CSP_NOMEM } csp_result;
typedef enum { CSP_EQ, CSP_NE, CSP_LE } csp_rel;

/* Values are kept within +-CSP_BOUND; a wider request is cut to it (a domain or a constant wholly beyond is empty). */
#define CSP_BOUND ((int64_t)1 << 62)

csp *csp_new(void); /* NULL without memory */
void csp_free(csp *s);
void csp_reset(csp *s);              /* an empty problem; keeps memory */
csp_result csp_status(const csp *s); /* CSP_NOMEM once an allocation failed since the last reset, else CSP_OK */

/* ---- variables ---- */
csp_var csp_int(csp *s, int64_t lo, int64_t hi);          /* lo > hi gives an empty domain: propagate fails */
csp_var csp_set(csp *s, const int64_t *values, size_t n); /* any order, repeats allowed */
csp_var csp_const(csp *s, int64_t value);
int64_t csp_lo(const csp *s, csp_var x);
int64_t csp_hi(const csp *s, csp_var x);
bool csp_fixed(const csp *s, csp_var x);
bool csp_contains(const csp *s, csp_var x, int64_t value); /* value in the current domain */
uint64_t csp_size(const csp *s, csp_var x);                /* number of values in the domain, saturating */
size_t csp_variables(const csp *s);
/* Narrow a domain directly (as a search decision or an assumption). A value taken from the inside of a large interval is held out
 * by a constraint, which counts as posted. */
csp_result csp_restrict(csp *s, csp_var x, int64_t lo, int64_t hi);
csp_result csp_remove(csp *s, csp_var x, int64_t value);

/* ---- constraints ---- */
csp_result csp_linear(csp *s, csp_rel rel, const int64_t *coef, const csp_var *x, size_t n, int64_t rhs); /* sum coef*x REL rhs */
csp_result csp_eq(csp *s, csp_var x, csp_var y);
csp_result csp_ne(csp *s, csp_var x, csp_var y);
csp_result csp_mul(csp *s, csp_var z, csp_var x, csp_var y);           /* z = x * y */
csp_result csp_product(csp *s, csp_var z, const csp_var *x, size_t n); /* z = x[0] * ... ; empty: 1 */
csp_result csp_div(csp *s, csp_var z, csp_var x, csp_var y);           /* z = floor(x / y), y != 0 */
csp_result csp_ceildiv(csp *s, csp_var z, csp_var x, csp_var y);       /* z = ceil(x / y), y != 0 */
csp_result csp_mod(csp *s, csp_var z, csp_var x, csp_var y);           /* z = x - y * floor(x / y), y != 0 */
csp_result csp_min(csp *s, csp_var z, const csp_var *x, size_t n);     /* n >= 1 */
csp_result csp_max(csp *s, csp_var z, const csp_var *x, size_t n);
csp_result csp_abs(csp *s, csp_var z, csp_var x);
csp_result csp_element(csp *s, csp_var z, csp_var index, const csp_var *x, size_t n);         /* z = x[index], 0 <= index < n */
csp_result csp_table(csp *s, const csp_var *x, size_t n, const int64_t *rows, size_t n_rows); /* (x) is one of the rows */
csp_result csp_broadcast(csp *s, csp_var z, csp_var x, csp_var y); /* x, y >= 1; x == y or one is 1; z = max(x, y) */
/* b is 0 or 1 and is 1 exactly when the relation holds. */
csp_result csp_reify(csp *s, csp_var b, csp_rel rel, const int64_t *coef, const csp_var *x, size_t n, int64_t rhs);
csp_result csp_or(csp *s, csp_var b, const csp_var *x, size_t n); /* b = x[0] or ... (0/1 variables) */
csp_result csp_and(csp *s, csp_var b, const csp_var *x, size_t n);

/* ---- propagation and backtracking ---- */
csp_result csp_propagate(csp *s);                  /* to the fixed point; CSP_LIMIT when the budget of csp_set_limit is spent */
void csp_set_limit(csp *s, uint64_t propagations); /* budget from now on; 0: none. The default is 200,000 after a reset */
uint64_t csp_propagations(const csp *s);           /* since the last reset */
size_t csp_posted(const csp *s);                   /* constraints so far: the index of the next one in the order of posting */
size_t csp_conflict(const csp *s); /* after csp_propagate gave CSP_FAIL: the constraint that could not hold; SIZE_MAX: none ran */
typedef struct {
    uint32_t trail, vars, props, pool, set_pool, data, watches;
    bool failed, pending;
} csp_mark; /* opaque to users */
csp_mark csp_get_mark(const csp *s);
void csp_undo(csp *s, csp_mark m); /* domains, variables and constraints as they were at the mark; marks nest */

/* ---- search ---- */
typedef enum {
    CSP_UNIFORM,  /* near-uniform over solutions: exact where at most exact_limit solutions exist */
    CSP_BOUNDARY, /* ends of domains first, each variable drawing which end */
    CSP_LOG       /* like UNIFORM, but values of a large positive domain are drawn uniformly in their logarithm */
} csp_mode;

typedef struct {
    csp_mode mode;
    /* uniform in [0, bound), bound >= 1; 0 is the simplest choice */
    uint64_t (*draw)(void *user, uint64_t bound);
    void *user;
    uint32_t exact_limit; /* enumerate and sample exactly when the decision variables have at most this many combinations; 0: 64 */
    uint32_t restarts;    /* 0: 4 */
} csp_search;

/* Finds a solution: afterwards every variable is fixed (decide[] first, in random order, then all others) and stays so until
 * csp_undo. CSP_FAIL: proved to have none; CSP_LIMIT: not found within the budget. On both, the state is as before the call. */
csp_result csp_solve(csp *s, const csp_search *search, const csp_var *decide, size_t n);
int64_t csp_value(const csp *s, csp_var x); /* of a fixed variable */
/* Calls visit (may be NULL) for every solution over decide[], ascending in its order (others are extended to one witness); stops
 * when visit returns false or after max solutions. Returns the number visited through *count. State afterwards as before. CSP_FAIL:
 * proved to have none; CSP_OK: at least one (or max is 0), up to max were visited; CSP_LIMIT: the budget was spent first. */
csp_result csp_enumerate(csp *s, const csp_var *decide, size_t n, uint64_t max, bool (*visit)(void *user, const csp *s), void *user,
                         uint64_t *count);

/* ---- independent checker (check.c: shares no code with the propagators) ---- */
/* All variables must be fixed. True if every posted constraint holds, evaluated in 128-bit arithmetic; else *which (which may be
 * NULL) is the index of the first broken one in the order of posting. */
bool csp_check(const csp *s, size_t *which);

#endif
