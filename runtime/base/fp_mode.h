/*
 * The processor's treatment of denormal floats. Kernels run with denormals flushed to zero, inputs
 * and results alike, as TFLite's do: on most processors they would cost a hundred times as much.
 * Whoever switches restores what the caller had.
 */
#ifndef TB_RUNTIME_BASE_FP_MODE_H
#define TB_RUNTIME_BASE_FP_MODE_H

#include <stdint.h>

#if defined(__x86_64__) || defined(__i386__)

#include <xmmintrin.h>

typedef uint32_t tb_fp_mode;

/* Of results, and of inputs. */
#define TB_FP_FLUSH 0x8040u

/* Flushes denormals from now on, in this thread; returns what was before. Writing the register is
   what takes time, so it is left alone where the mode is set already. */
static inline tb_fp_mode tb_fp_mode_flush(void)
{
    const uint32_t before = _mm_getcsr();
    if ((before & TB_FP_FLUSH) != TB_FP_FLUSH)
        _mm_setcsr(before | TB_FP_FLUSH);
    return before;
}

static inline void tb_fp_mode_restore(tb_fp_mode before)
{
    if ((before & TB_FP_FLUSH) != TB_FP_FLUSH)
        _mm_setcsr(before);
}

#elif defined(__aarch64__)

typedef uint64_t tb_fp_mode;

static inline tb_fp_mode tb_fp_mode_flush(void)
{
    const uint64_t flush = UINT64_C(1) << 24;
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | flush));
    return before;
}

static inline void tb_fp_mode_restore(tb_fp_mode before)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(before));
}

#else

typedef uint32_t tb_fp_mode;

static inline tb_fp_mode tb_fp_mode_flush(void)
{
    return 0;
}

static inline void tb_fp_mode_restore(tb_fp_mode before)
{
    (void)before;
}

#endif

#endif
