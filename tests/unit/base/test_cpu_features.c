/* Instruction sets: names, what they build on, hiding by the environment. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "runtime/base/cpu_features.h"

Test(cpu_features, a_name_has_what_it_builds_on)
{
    cr_expect_eq(tb_cpu_parse("scalar"), 0u);
    cr_expect_eq(tb_cpu_parse("avx2"), (uint32_t)(TB_CPU_SSE41 | TB_CPU_AVX2));
    cr_expect_eq(tb_cpu_parse("vnni"),
                 (uint32_t)(TB_CPU_SSE41 | TB_CPU_AVX2 | TB_CPU_AVX512 | TB_CPU_VNNI));
    cr_expect_eq(tb_cpu_parse("avxvnni,avx512"),
                 (uint32_t)(TB_CPU_SSE41 | TB_CPU_AVX2 | TB_CPU_AVXVNNI | TB_CPU_AVX512));
    cr_expect_eq(tb_cpu_parse("i8mm"), (uint32_t)(TB_CPU_NEON | TB_CPU_DOTPROD | TB_CPU_I8MM));
}

Test(cpu_features, unknown_names_add_nothing)
{
    cr_expect_eq(tb_cpu_parse(""), 0u);
    cr_expect_eq(tb_cpu_parse("avx,vnn,,sse41x"), 0u);
    cr_expect_eq(tb_cpu_parse(",sse41,"), (uint32_t)TB_CPU_SSE41);
}

Test(cpu_features, the_environment_hides_and_cannot_add)
{
    uint32_t all = tb_cpu_detect();
    setenv("TB_CPU_FEATURES", "scalar", 1);
    cr_expect_eq(tb_cpu_features(), 0u);
    setenv("TB_CPU_FEATURES", "avx2,neon,i8mm,vnni", 1);
    cr_expect_eq(tb_cpu_features() & ~all, 0u);
    setenv("TB_CPU_FEATURES", "", 1);
    cr_expect_eq(tb_cpu_features(), all);
    unsetenv("TB_CPU_FEATURES");
    cr_expect_eq(tb_cpu_features(), all);
}

Test(cpu_features, names_in_words)
{
    tb_buf text = {0};
    tb_cpu_describe(0, &text);
    cr_expect_str_eq(tb_buf_text(&text), "scalar");
    tb_buf_clear(&text);
    tb_cpu_describe(TB_CPU_SSE41 | TB_CPU_AVX2, &text);
    cr_expect_str_eq(tb_buf_text(&text), "sse41 avx2");
    tb_buf_free(&text);
}
