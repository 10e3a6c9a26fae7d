/*
 * A fixed amount of arithmetic, timed now and again: what its time does, the machine does. Nothing
 * in it touches memory beyond a cache line, so that only clock frequency, competing load and the
 * host of a virtual machine show.
 */
#ifndef TB_BENCH_REFERENCE_KERNEL_H
#define TB_BENCH_REFERENCE_KERNEL_H

#include <stdint.h>

/* The fastest of `repeats` runs of about half a millisecond each. */
uint64_t tb_reference_kernel_ns(int repeats);

#endif
