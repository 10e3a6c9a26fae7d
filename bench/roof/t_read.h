/* Template: reads a block from end to end and does nothing with it, as fast as loads go. READ_NAME,
   on vectors of VL floats, in registers of constraint READ_REGISTER. `bytes` is a multiple of 8
   vectors. */
#include "bench/roof/peak.h"

void READ_NAME(const float *block, size_t bytes)
{
    const float *end = block + bytes / sizeof *block;
    for (const float *at = block; at < end; at += 8 * VL) {
        TB_UNROLL
        for (int i = 0; i < 8; i++) {
            vf loaded = vf_load(at + i * VL);
            __asm__ volatile("" : : READ_REGISTER(loaded));
        }
    }
}
