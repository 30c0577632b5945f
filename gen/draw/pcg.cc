// C-callable shim over pcg_random.hpp. Built without exceptions and RTTI; nothing of the C++ runtime is linked.
#include "draw/pcg.h"

#include <algorithm>
#include <cassert>
#include <cinttypes>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <istream>
#include <iterator>
#include <limits>
#include <locale>
#include <new>
#include <ostream>
#include <stdexcept>
#include <type_traits>
#include <typeinfo>
#include <utility>

// What PCG does beyond generating numbers is kept out: <iostream> would add a static initialiser that needs the C++ runtime (the
// stream classes come from the headers above), and a debugging helper that prints type names would need RTTI.
#define _GLIBCXX_IOSTREAM 1
namespace
{
struct unnamed_type {
    const char *name() const { return ""; }
};
} // namespace
#define typeid(type) unnamed_type()
#include <pcg_random.hpp>
#undef typeid

// Clang's -fsanitize=function would describe C++ functions by RTTI.
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("function"))), apply_to = function)
#endif

static_assert(sizeof(pcg64) == sizeof(pcg_state), "pcg_state must hold a pcg64");
static_assert(std::is_trivially_copyable<pcg64>::value, "a pcg64 is copied as bytes");

void pcg_seed(pcg_state *p, uint64_t state_hi, uint64_t state_lo, uint64_t stream)
{
    pcg64::state_type state = state_hi;
    state <<= 64;
    state |= state_lo;
    pcg64 rng(state, pcg64::state_type(stream));
    std::memcpy(static_cast<void *>(p), static_cast<const void *>(&rng), sizeof rng);
}

uint64_t pcg_next(pcg_state *p)
{
    pcg64 rng;
    std::memcpy(static_cast<void *>(&rng), static_cast<const void *>(p), sizeof rng);
    uint64_t value = rng();
    std::memcpy(static_cast<void *>(p), static_cast<const void *>(&rng), sizeof rng);
    return value;
}

void pcg_reference32(uint64_t seed, uint64_t stream, uint32_t *out, size_t n)
{
    pcg32 rng(seed, stream);
    for (size_t i = 0; i < n; i++)
        out[i] = rng();
}

#ifdef __clang__
#pragma clang attribute pop
#endif
