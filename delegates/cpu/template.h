/*
 * How the kernel templates (t_*.h) get their names: a file of one instruction set defines TB_ISA,
 * includes its simd_<isa>.h and then the templates it wants.
 */
#ifndef TB_CPU_TEMPLATE_H
#define TB_CPU_TEMPLATE_H

/* tb_<name>__<isa> */
#define TB_FN_(name, isa)  tb_##name##__##isa
#define TB_FN__(name, isa) TB_FN_(name, isa)
#define TB_FN(name)        TB_FN__(name, TB_ISA)

/* Loops over constant bounds that have to vanish, so that arrays of vectors become registers;
   and loops that have to stay, so that these registers are enough. */
#if defined(__clang__)
#define TB_UNROLL _Pragma("clang loop unroll(full)")
#define TB_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define TB_UNROLL _Pragma("GCC unroll 32")
#define TB_ROLLED _Pragma("GCC unroll 1")
#endif

#endif
