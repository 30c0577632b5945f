"""The solver against z3: random systems of 8 to 20 variables with domains up to thousands of values.

Each system is solved by csp_driver (built here) and by z3. Both must agree on whether it has a solution; every solution of ours is
evaluated again in Python, from the definitions. Where z3 gives up within its time, a solution of ours stands by that evaluation and by z3
accepting it as an assignment; a proof of ours that there is none is counted as unconfirmed.

Environment: CSP_SYSTEMS (number of systems, default 5000), CSP_SEED, CC.
"""

import os
import pathlib
import random
import subprocess

import pytest

z3 = pytest.importorskip("z3")

ROOT = pathlib.Path(__file__).resolve().parents[2]
SYSTEMS = int(os.environ.get("CSP_SYSTEMS", "5000"))
SEED = int(os.environ.get("CSP_SEED", "1"))
Z3_TIMEOUT_MS = 250
BATCH = 250
LIMIT = 300_000


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    out = tmp_path_factory.mktemp("csp") / "csp_driver"
    sources = [ROOT / "tests/solver/csp_driver.c", ROOT / "gen/base/base.c", *sorted((ROOT / "solver").glob("*.c"))]
    command = [os.environ.get("CC", "cc"), "-std=gnu11", "-O2", "-ffp-contract=off", f"-I{ROOT}/include", f"-I{ROOT}/solver"]
    subprocess.run([*command, *map(str, sources), "-o", str(out)], check=True)
    return out


# ---- random systems: domains are lists (sets) or (lo, hi); constraints are tuples that start with their name ----


def random_domain(rng):
    shape = rng.randrange(8)
    if shape == 0:
        return (0, 1)
    if shape == 1:
        return sorted(rng.sample(range(-50, 400), rng.randint(2, 12)))
    if shape == 2:
        return (-rng.randint(1, 300), rng.randint(0, 300))
    if shape == 3:
        return (1, rng.randint(2, 16))
    if shape == 4:
        return (0, rng.randint(5, 4000))
    if shape == 5:
        lo = rng.randint(1, 50)
        return (lo, lo + rng.randint(0, 2000))
    return (1, rng.randint(2, 200))


def product(values):
    r = 1
    for v in values:
        r *= v
    return r


def compare(rel, value, rhs):
    return {"eq": value == rhs, "ne": value != rhs, "le": value <= rhs}[rel]


def holds(c, a):
    """Whether constraint c holds on assignment a."""
    name = c[0]
    if name == "linear":
        _, rel, coefs, xs, rhs = c
        return compare(rel, sum(k * a[x] for k, x in zip(coefs, xs)), rhs)
    if name == "reify":
        _, b, rel, coefs, xs, rhs = c
        return a[b] == int(compare(rel, sum(k * a[x] for k, x in zip(coefs, xs)), rhs))
    if name in ("eq", "ne"):
        return (a[c[1]] == a[c[2]]) == (name == "eq")
    if name == "abs":
        return a[c[1]] == abs(a[c[2]])
    if name in ("mul", "div", "ceildiv", "mod", "broadcast", "spread"):
        z, x, y = (a[v] for v in c[1:])
        if name == "mul":
            return z == x * y
        if name == "broadcast":
            return x >= 1 and y >= 1 and (x == y or x == 1 or y == 1) and z == max(x, y)
        if name == "spread":
            return x >= 0 and y >= 0 and (x == y or x == 1 or y == 1) and z == (y if x == 1 else x)
        if y == 0:
            return False
        return z == {"div": x // y, "ceildiv": -(-x // y), "mod": x % y}[name]
    if name in ("product", "min", "max", "or", "and"):
        z, xs = a[c[1]], [a[x] for x in c[2]]
        if name in ("or", "and"):
            return all(v in (0, 1) for v in xs) and z == int(any(xs) if name == "or" else all(xs))
        return z == {"product": product, "min": min, "max": max}[name](xs)
    if name == "element":
        _, z, index, xs = c
        return 0 <= a[index] < len(xs) and a[z] == a[xs[a[index]]]
    if name == "table":
        return [a[x] for x in c[1]] in c[2]
    raise AssertionError(name)


KINDS = ["linear"] * 6 + ["reify"] * 3 + ["mul", "div", "ceildiv", "mod"] * 3
KINDS += ["product", "min", "max", "or", "and", "element", "table", "broadcast", "spread", "abs", "eq", "ne"] * 2


def random_value(rng, domain):
    return rng.randint(*domain) if isinstance(domain, tuple) else rng.choice(domain)


def random_constraint(rng, domains, bools, a):
    """A constraint; its right-hand side or rows are near to the assignment a."""
    n = len(domains)
    name = rng.choice(KINDS)

    def some(k):
        return rng.sample(range(n), k)

    if name in ("linear", "reify"):
        xs = some(rng.randint(1, min(4, n)))
        coefs = [rng.choice([-7, -3, -2, -1, 1, 1, 1, 2, 3, 5]) for _ in xs]
        rhs = sum(k * a[x] for k, x in zip(coefs, xs)) + rng.choice([0, 0, 0, 1, -1, 5, -20])
        rel = rng.choice(["eq", "ne", "le", "le"])
        return (name, rel, coefs, xs, rhs) if name == "linear" else (name, rng.choice(bools), rel, coefs, xs, rhs)
    if name in ("eq", "ne", "abs"):
        return (name, *some(2))
    if name in ("mul", "div", "ceildiv", "mod", "broadcast", "spread"):
        return (name, *some(3))
    if name in ("product", "min", "max"):
        z, *xs = some(rng.randint(3, 5))
        return (name, z, xs)
    if name in ("or", "and"):
        return (name, rng.choice(bools), rng.sample(bools, rng.randint(1, min(3, len(bools)))))
    if name == "element":
        z, index, *xs = some(rng.randint(4, 6))
        return (name, z, index, xs)
    xs = some(rng.randint(1, 3))
    rows = [[a[x] if rng.randrange(3) else random_value(rng, domains[x]) for x in xs] for _ in range(rng.randint(1, 8))]
    return ("table", xs, rows)


def random_system(rng):
    n = rng.randint(8, 20)
    domains = [random_domain(rng) for _ in range(n)]
    bools = rng.sample(range(n), 4)
    for b in bools:
        domains[b] = (0, 1)
    a = [random_value(rng, d) for d in domains]
    planted = rng.random() < 0.55
    constraints = []
    for _ in range(rng.randint(4, n + 4)):
        c = random_constraint(rng, domains, bools, a)
        tries = 0
        while planted and not holds(c, a) and tries < 200:
            c = random_constraint(rng, domains, bools, a)
            tries += 1
        constraints.append(c)
    if planted and rng.random() < 0.3:  # one constraint that need not fit
        constraints.append(random_constraint(rng, domains, bools, a))
    return domains, constraints


def as_text(domains, constraints, seed):
    def words(*parts):
        return " ".join(str(p) for p in parts)

    out = []
    for d in domains:
        out.append(words("int", *d) if isinstance(d, tuple) else words("set", len(d), *d))
    for c in constraints:
        name = c[0]
        if name == "linear":
            _, rel, coefs, xs, rhs = c
            out.append(words(name, rel, len(xs), *coefs, *xs, rhs))
        elif name == "reify":
            _, b, rel, coefs, xs, rhs = c
            out.append(words(name, b, rel, len(xs), *coefs, *xs, rhs))
        elif name in ("product", "min", "max", "or", "and"):
            out.append(words(name, c[1], len(c[2]), *c[2]))
        elif name == "element":
            out.append(words(name, c[1], c[2], len(c[3]), *c[3]))
        elif name == "table":
            out.append(words(name, len(c[1]), *c[1], len(c[2]), *[v for row in c[2] for v in row]))
        else:
            out.append(words(*c))
    mode = ("uniform", "boundary", "log")[seed % 3]
    decide = range(len(domains) // 2)
    out.append(words("limit", LIMIT))
    out.append(words("solve", mode, seed, len(decide), *decide))
    return "\n".join([*out, "end\n"])


# ---- the same in z3 ----


def z3_floor(x, y):
    # z3's div leaves a remainder >= 0; floor division follows from the signs turned
    return z3.If(y > 0, x / y, (-x) / (-y))


def z3_compare(rel, value, rhs):
    return value == rhs if rel == "eq" else value != rhs if rel == "ne" else value <= rhs


def z3_constraint(c, v):
    name = c[0]
    if name == "linear":
        _, rel, coefs, xs, rhs = c
        return z3_compare(rel, z3.Sum([k * v[x] for k, x in zip(coefs, xs)]), rhs)
    if name == "reify":
        _, b, rel, coefs, xs, rhs = c
        return z3.And(v[b] >= 0, v[b] <= 1, (v[b] == 1) == z3_compare(rel, z3.Sum([k * v[x] for k, x in zip(coefs, xs)]), rhs))
    if name == "eq":
        return v[c[1]] == v[c[2]]
    if name == "ne":
        return v[c[1]] != v[c[2]]
    if name == "abs":
        return v[c[1]] == z3.If(v[c[2]] < 0, -v[c[2]], v[c[2]])
    if name in ("mul", "div", "ceildiv", "mod", "broadcast", "spread"):
        z, x, y = (v[i] for i in c[1:])
        if name == "mul":
            return z == x * y
        if name == "broadcast":
            return z3.And(x >= 1, y >= 1, z3.Or(x == y, x == 1, y == 1), z == z3.If(x > y, x, y))
        if name == "spread":
            return z3.And(x >= 0, y >= 0, z3.Or(x == y, x == 1, y == 1), z == z3.If(x == 1, y, x))
        if name == "div":
            return z3.And(y != 0, z == z3_floor(x, y))
        if name == "ceildiv":
            return z3.And(y != 0, z == -z3_floor(-x, y))
        return z3.And(y != 0, z == z3.If(y > 0, x % y, -((-x) % (-y))))
    if name in ("product", "min", "max", "or", "and"):
        z, xs = v[c[1]], [v[x] for x in c[2]]
        if name == "product":
            return z == z3.Product(xs)
        if name in ("min", "max"):
            bounds = [z <= x if name == "min" else z >= x for x in xs]
            return z3.And(*bounds, z3.Or([z == x for x in xs]))
        bits = [z3.And(x >= 0, x <= 1) for x in [z, *xs]]
        ones = [x == 1 for x in xs]
        return z3.And(*bits, (z == 1) == (z3.Or(ones) if name == "or" else z3.And(ones)))
    if name == "element":
        _, z, index, xs = c
        return z3.Or([z3.And(v[index] == i, v[z] == v[x]) for i, x in enumerate(xs)])
    if name == "table":
        return z3.Or([z3.And([v[x] == k for x, k in zip(c[1], row)]) for row in c[2]])
    raise AssertionError(name)


def z3_solve(domains, constraints, pinned=None):
    solver = z3.Solver()
    if pinned is None:  # to check a solution takes no search, however busy the machine is
        solver.set("timeout", Z3_TIMEOUT_MS)
    v = [z3.Int(f"x{i}") for i in range(len(domains))]
    for x, d in zip(v, domains):
        solver.add(z3.And(x >= d[0], x <= d[1]) if isinstance(d, tuple) else z3.Or([x == k for k in d]))
    for c in constraints:
        solver.add(z3_constraint(c, v))
    for x, k in zip(v, pinned or []):
        solver.add(x == k)
    return str(solver.check())


def in_domain(value, d):
    return d[0] <= value <= d[1] if isinstance(d, tuple) else value in d


def run_driver(driver, text):
    done = subprocess.run([str(driver)], input=text, capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:-1]


def test_against_z3(driver, capsys):
    rng = random.Random(SEED)
    count = {"sat": 0, "unsat": 0, "limit": 0, "z3 gave up, solution stands": 0, "z3 gave up, unconfirmed unsat": 0}
    for start in range(0, SYSTEMS, BATCH):
        systems = [random_system(rng) for _ in range(min(BATCH, SYSTEMS - start))]
        lines = run_driver(driver, "".join(as_text(*s, start + i) for i, s in enumerate(systems)))
        assert len(lines) == len(systems)
        for i, ((domains, constraints), line) in enumerate(zip(systems, lines)):
            where = f"system {start + i} of seed {SEED}\n{as_text(domains, constraints, start + i)}"
            ours, *values = line.split()
            count[ours] += 1
            if ours == "sat":
                a = [int(w) for w in values]
                assert len(a) == len(domains)
                assert all(in_domain(x, d) for x, d in zip(a, domains)), where
                broken = [c for c in constraints if not holds(c, a)]
                assert not broken, f"{broken} in {where}"
            theirs = z3_solve(domains, constraints)
            if theirs == "unknown":
                if ours == "sat":
                    assert z3_solve(domains, constraints, a) == "sat", where
                    count["z3 gave up, solution stands"] += 1
                elif ours == "unsat":
                    count["z3 gave up, unconfirmed unsat"] += 1
            elif ours != "limit":
                assert theirs == ours, where
    with capsys.disabled():
        print(f"\n{SYSTEMS} systems: {count}")
    assert count["sat"] > SYSTEMS // 5 and count["unsat"] > SYSTEMS // 5
    assert count["limit"] < SYSTEMS // 50
    assert count["z3 gave up, unconfirmed unsat"] < SYSTEMS // 50


def test_enumeration(driver):
    """The driver lists all solutions of a small system, in order."""
    text = "int 1 12\nint 1 12\nint 12 12\nmul 2 0 1\nenumerate 100 2 0 1\nend\n"
    lines = run_driver(driver, text)
    assert lines[0] == "count 6"
    assert lines[1:] == [f"{x} {12 // x}" for x in (1, 2, 3, 4, 6, 12)]
