#include "sequences/seq_stats.h"
#include "value/dmath.h"

double *log_factorials(size_t n)
{
    double *l = nn_malloc((n + 1) * sizeof *l);
    if (l == NULL)
        return NULL;
    l[0] = 0;
    for (size_t k = 1; k <= n; k++)
        l[k] = l[k - 1] + dm_log((double)k);
    return l;
}

double fisher_greater(const double *lf, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    uint64_t failed = a + c, correct = b + d, holders = a + b, all = failed + correct;
    uint64_t most = holders < failed ? holders : failed;
    if (a == 0 || a + correct <= holders) /* the probability of at least the minimum is 1 */
        return 1;
    double fixed = lf[failed] + lf[correct] + lf[holders] + lf[all - holders] - lf[all], p = 0;
    for (uint64_t k = a; k <= most; k++) /* summing in increasing order would be more exact, but all terms are positive */
        p += dm_exp(fixed - lf[k] - lf[failed - k] - lf[holders - k] - lf[correct + k - holders]);
    return p < 1 ? p : 1;
}

double odds_ratio(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    double half = a == 0 || b == 0 || c == 0 || d == 0 ? 0.5 : 0;
    return ((double)a + half) * ((double)d + half) / (((double)b + half) * ((double)c + half));
}

void benjamini_hochberg(double *p, size_t n)
{
    double least = 1;
    for (size_t i = n; i > 0; i--) {
        double q = p[i - 1] * (double)n / (double)i;
        if (q < least)
            least = q;
        p[i - 1] = least;
    }
}
