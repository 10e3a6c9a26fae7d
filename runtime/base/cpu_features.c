/* Instruction sets, asked of the processor itself on x86 and of the system on Arm. */
#include "runtime/base/cpu_features.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/os.h"

static const struct {
    const char *name;
    uint32_t bit;
    uint32_t base;
} features[] = {
#define TB_CPU_FEATURE_ROW(id, text, base) {text, TB_CPU_##id, base},
    TB_CPU_FEATURE_LIST(TB_CPU_FEATURE_ROW)
#undef TB_CPU_FEATURE_ROW
};

#if defined(__x86_64__)

#include <cpuid.h>

/* The register state that the system saves: XCR0. */
static uint64_t saved_state(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

uint32_t tb_cpu_detect(void)
{
    enum { YMM_STATE = 0x6, ZMM_STATE = 0xE6 };
    uint32_t a, b, c, d, found = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return 0;
    bool sse41 = c & bit_SSE4_1, avx = c & bit_AVX, fma = c & bit_FMA, f16c = c & bit_F16C;
    uint64_t state = c & bit_OSXSAVE ? saved_state() : 0;
    if (sse41)
        found |= TB_CPU_SSE41;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return found;
    uint32_t b7 = b, c7 = c, subleaves = a;
    if (!(sse41 && avx && fma && f16c && b7 & bit_AVX2 && (state & YMM_STATE) == YMM_STATE))
        return found;
    found |= TB_CPU_AVX2;
    if (subleaves >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && a & 1u << 4)
        found |= TB_CPU_AVXVNNI;
    uint32_t needed = bit_AVX512F | bit_AVX512BW | bit_AVX512DQ | bit_AVX512VL;
    if ((b7 & needed) == needed && (state & ZMM_STATE) == ZMM_STATE) {
        found |= TB_CPU_AVX512;
        if (c7 & bit_AVX512VNNI)
            found |= TB_CPU_VNNI;
        if (c7 & bit_AVX512VBMI)
            found |= TB_CPU_VBMI;
    }
    return found;
}

#elif defined(__aarch64__)

uint32_t tb_cpu_detect(void)
{
    return TB_CPU_NEON | (tb_os_has_arm_dotprod() ? TB_CPU_DOTPROD : 0u) |
           (tb_os_has_arm_i8mm() ? TB_CPU_DOTPROD | TB_CPU_I8MM : 0u);
}

#else

uint32_t tb_cpu_detect(void)
{
    return 0;
}

#endif

uint32_t tb_cpu_parse(const char *list)
{
    uint32_t found = 0;
    for (const char *at = list; *at;) {
        size_t size = strcspn(at, ",");
        for (size_t i = 0; i < sizeof features / sizeof features[0]; i++)
            if (strlen(features[i].name) == size && memcmp(at, features[i].name, size) == 0)
                found |= features[i].bit | features[i].base;
        at += size + (at[size] == ',');
    }
    return found;
}

uint32_t tb_cpu_features(void)
{
    const char *shown = getenv("TB_CPU_FEATURES");
    uint32_t detected = tb_cpu_detect();
    return shown && *shown ? detected & tb_cpu_parse(shown) : detected;
}

void tb_cpu_describe(uint32_t mask, tb_buf *out)
{
    if (!mask) {
        tb_buf_append_text(out, "scalar");
        return;
    }
    const char *separator = "";
    for (size_t i = 0; i < sizeof features / sizeof features[0]; i++)
        if (mask & features[i].bit) {
            tb_buf_printf(out, "%s%s", separator, features[i].name);
            separator = " ";
        }
}
