/* A declaration of every kernel, of the type its slot has. */
#ifndef TB_CPU_KERNEL_DECLS_H
#define TB_CPU_KERNEL_DECLS_H

#include "delegates/cpu/kernels.h"

#define TB_KERNEL(slot, feature, function, mr, nr, kr) \
    extern __typeof__(*((tb_cpu_kernels *)0)->slot.fn) function;
#include "delegates/cpu/kernels.def"
#undef TB_KERNEL

#endif
