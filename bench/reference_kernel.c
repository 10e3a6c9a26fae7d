/* The fixed kernel; see reference_kernel.h. */
#include "bench/reference_kernel.h"

#include "runtime/base/clock.h"

#define TURNS 200000

uint64_t tb_reference_kernel_ns(int repeats)
{
    uint64_t fastest_ns = UINT64_MAX;
    static volatile uint64_t seed = 88172645463325252u; /* the loop cannot be foreseen or dropped */
    for (int k = 0; k < repeats; k++) {
        uint64_t state = seed;
        uint64_t begin_ns = tb_clock_ns();
        /* Each turn needs the one before: latency, not width, is what is timed. */
        for (int turn = 0; turn < TURNS; turn++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }
        uint64_t took_ns = tb_clock_ns() - begin_ns;
        seed = state;
        if (took_ns < fastest_ns)
            fastest_ns = took_ns;
    }
    return fastest_ns;
}
