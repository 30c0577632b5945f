/* Finite-domain constraint solver over int64 with a trail, propagators and randomised search. It knows nothing of ONNX.
 *
 * A problem is built, propagated, searched and rolled back in microseconds, and one csp serves many problems in turn (csp_reset
 * is O(1)). Domains are intervals with an optional small sorted set of values. All arithmetic is checked or widened, so no input
 * overflows. Limits are counted in propagations, never in time.
 *
 * Ownership: the csp owns its memory. Variables are indices into it; a variable is valid until csp_undo to a mark before its
 * creation, or csp_reset. Posting functions return CSP_OK, CSP_FAIL if the constraint is plainly inconsistent, or CSP_NOMEM,
 * which is sticky: see csp_status. Functions that create a variable return a negative number if memory runs out. Posting only
 * tightens cheap bounds; csp_propagate runs to the fixed point. */
#ifndef CSP_H
#define CSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct csp csp;
typedef int32_t csp_var;

typedef enum { CSP_OK = 0, CSP_FAIL, CSP_LIMIT, CSP_NOMEM } csp_result;
typedef enum { CSP_EQ, CSP_NE, CSP_LE } csp_rel;

/* Values lie within +-CSP_BOUND. A wider request is cut to it; a domain or constant entirely outside is empty. */
#define CSP_BOUND ((int64_t)1 << 62)

csp *csp_new(void); /* NULL without memory */
void csp_free(csp *s);
void csp_reset(csp *s);              /* makes the problem empty and keeps the memory */
csp_result csp_status(const csp *s); /* CSP_NOMEM once an allocation failed since the last reset, else CSP_OK */

/* ---- variables ---- */
csp_var csp_int(csp *s, int64_t lo, int64_t hi);          /* lo > hi gives an empty domain: propagate fails */
csp_var csp_set(csp *s, const int64_t *values, size_t n); /* in any order; duplicates are allowed */
csp_var csp_const(csp *s, int64_t value);
int64_t csp_lo(const csp *s, csp_var x);
int64_t csp_hi(const csp *s, csp_var x);
bool csp_fixed(const csp *s, csp_var x);
bool csp_contains(const csp *s, csp_var x, int64_t value); /* value in the current domain */
uint64_t csp_size(const csp *s, csp_var x);                /* number of values in the domain, saturating */
size_t csp_variables(const csp *s);
/* Narrow a domain directly, as a search decision or an assumption. To remove a value from the inside of a large interval, a
 * constraint is posted, which csp_posted counts. */
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
csp_result csp_spread(csp *s, csp_var z, csp_var x, csp_var y);    /* x, y >= 0; x == y or one is 1; z is the other one */
/* b is 0 or 1; it is 1 exactly if the relation holds. */
csp_result csp_reify(csp *s, csp_var b, csp_rel rel, const int64_t *coef, const csp_var *x, size_t n, int64_t rhs);
csp_result csp_or(csp *s, csp_var b, const csp_var *x, size_t n); /* b = x[0] or ... (0/1 variables) */
csp_result csp_and(csp *s, csp_var b, const csp_var *x, size_t n);

/* ---- propagation and backtracking ---- */
csp_result csp_propagate(csp *s);                  /* to the fixed point; CSP_LIMIT when the budget of csp_set_limit is spent */
void csp_set_limit(csp *s, uint64_t propagations); /* budget from now on; 0: no limit. The default after a reset is 200,000 */
uint64_t csp_propagations(const csp *s);           /* since the last reset */
size_t csp_posted(const csp *s);                   /* number of constraints so far, which is the index of the next one */
size_t csp_conflict(const csp *s); /* after csp_propagate returned CSP_FAIL: the constraint that failed; SIZE_MAX: none was run */
typedef struct {
    uint32_t trail, vars, props, pool, set_pool, data, watches;
    bool failed, pending;
} csp_mark; /* opaque to users */
csp_mark csp_get_mark(const csp *s);
void csp_undo(csp *s, csp_mark m); /* restores domains, variables and constraints to those at the mark; marks nest */

/* ---- search ---- */
typedef enum {
    CSP_UNIFORM,  /* nearly uniform over solutions; exact if there are at most exact_limit solutions */
    CSP_BOUNDARY, /* ends of domains first; a draw for each variable chooses the end */
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

/* Finds a solution. Afterwards every variable is fixed (decide[] first, in random order, then all others) until csp_undo.
 * CSP_FAIL: it is proved that there is none. CSP_LIMIT: none was found within the budget. After both, the state is as before the
 * call. */
csp_result csp_solve(csp *s, const csp_search *search, const csp_var *decide, size_t n);
int64_t csp_value(const csp *s, csp_var x); /* of a fixed variable */
/* Calls visit (may be NULL) for every solution over decide[], in ascending order; other variables are extended to one witness.
 * Stops when visit returns false or after max solutions. *count gets the number of solutions visited. The state afterwards is as
 * before. CSP_FAIL: it is proved that there is no solution. CSP_OK: there is at least one (or max is 0), and all that were asked
 * for were listed. CSP_LIMIT: the budget was spent first. */
csp_result csp_enumerate(csp *s, const csp_var *decide, size_t n, uint64_t max, bool (*visit)(void *user, const csp *s), void *user,
                         uint64_t *count);

/* ---- independent checker (check.c: shares no code with the propagators) ---- */
/* All variables must be fixed. Returns true if every posted constraint holds, evaluated in 128-bit arithmetic. Otherwise *which
 * (which may be NULL) is the index of the first violated constraint in the order of posting. */
bool csp_check(const csp *s, size_t *which);

#endif
