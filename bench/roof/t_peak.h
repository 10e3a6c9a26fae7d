/* Template: independent accumulators, enough to hide the latency of a multiply-add. PEAK_NAME,
   PEAK_STEP(acc, a, b) on vectors of type PEAK_TYPE, PEAK_OPS operations a vector, PEAK_START. */
#include <string.h>

#include "bench/roof/peak.h"
#include "delegates/cpu/template.h"

size_t PEAK_NAME(size_t rounds, float *sink)
{
    enum { ACCUMULATORS = 12 };
    PEAK_TYPE acc[ACCUMULATORS], a = PEAK_START, b = PEAK_START;
    TB_UNROLL
    for (int i = 0; i < ACCUMULATORS; i++)
        acc[i] = PEAK_START;
    for (size_t round = 0; round < rounds; round++) {
        TB_UNROLL
        for (int i = 0; i < ACCUMULATORS; i++) {
            PEAK_TYPE next = PEAK_STEP(acc[i], a, b);
            __asm__ volatile("" : "+" PEAK_REGISTER(next)); /* each step is done */
            acc[i] = next;
        }
    }
    PEAK_TYPE total = acc[0];
    TB_UNROLL
    for (int i = 1; i < ACCUMULATORS; i++)
        total = PEAK_STEP(total, acc[i], b);
    float first;
    memcpy(&first, &total, sizeof first);
    *sink += first;
    return (size_t)ACCUMULATORS * PEAK_OPS;
}
