"""Prints gen/reference/ref_tables.h, the constants of our own elementary functions, from mpmath with 300 bits.

    PYTHONPATH=tests:gen/python build/venv/bin/python -m reference.tables > gen/reference/ref_tables.h"""

import mpmath

mp = mpmath.mp


def parts(x, n=2, bits=53):
    """x as a sum of n doubles, of which all but the last have that many bits."""
    found = []
    for i in range(n):
        with mpmath.workprec(bits if i < n - 1 else 53):
            y = +x
        found.append(float(y))
        x = x - y
    return found


def numbers(xs):
    return "{" + ", ".join(x.hex() for x in xs) + "}"


def table(name, rows, comment, kind="double"):
    body = ",\n".join("    " + x for x in rows)
    return f"/* {comment} */\nstatic const {kind} {name} = {{\n{body},\n}};\n"


def reciprocal(i):
    """Of i / 128, with at most 10 bits: products with 43 bits are exact."""
    return round(512 * 128 / i) / 512


def words():
    """2/pi from bit -64 on: 64 bits of zeros, and all that a double can reach."""
    n = 20
    x = int(mpmath.floor(mp.ldexp(2 / mp.pi, 64 * (n - 1))))
    return [(x >> 64 * (n - 1 - i)) & (2**64 - 1) for i in range(n)]


def erf_row(k):
    x = mp.mpf(k) / 16
    return numbers(parts(mp.erf(x)) + parts(2 / mp.sqrt(mp.pi) * mp.exp(-x * x)))


def text():
    with mpmath.workprec(1500):
        two_over_pi = words()
    with mpmath.workprec(300):
        return "\n".join([
            "/* Constants of our own elementary functions. tests/reference/tables.py prints this file; a test compares them. */\n"
            "#ifndef NN_REF_TABLES_H\n#define NN_REF_TABLES_H\n\n#include <stdint.h>\n",
            table("ln2_parts[3]", [x.hex() for x in parts(mp.log(2), 3, 34)], "log(2) in parts: the first two have 34 bits."),
            table("pi_2_parts[2]", [x.hex() for x in parts(mp.pi / 2)], "pi/2."),
            table("exp_at[64][2]", [numbers(parts(mp.mpf(2) ** (mp.mpf(i) / 64))) for i in range(64)], "2^(i/64)."),
            table("log_at[92][3]", [numbers([reciprocal(i)] + parts(-mp.log(mp.mpf(reciprocal(i))))) for i in range(90, 182)],
                  "c = 128 / i, rounded, and -log(c), for i = 90 to 181."),
            table("atan_at[17][2]", [numbers(parts(mp.atan(mp.mpf(k) / 16))) for k in range(17)], "atan(k/16)."),
            table("erf_at[97][4]", [erf_row(k) for k in range(97)], "erf(k/16) and 2/sqrt(pi) exp(-(k/16)^2)."),
            table("two_over_pi[20]", [f"0x{x:016x}" for x in two_over_pi], "2/pi: a word of zeros, and the bits after the point.",
                  "uint64_t"),
            "#endif",
        ])


if __name__ == "__main__":
    print(text())
