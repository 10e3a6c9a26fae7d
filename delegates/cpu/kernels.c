/* Fills the kernel table from kernels.def. */
#include "delegates/cpu/kernels.h"

#include <string.h>

#include "delegates/cpu/kernel_decls.h"
#include "runtime/base/cpu_features.h"
#include "runtime/base/size.h"

enum { TB_CPU_SCALAR = 0 };

void tb_cpu_kernels_select(uint32_t features, tb_cpu_kernels *out)
{
    *out = (tb_cpu_kernels){.features = features};
#define TB_KERNEL(slot_, feature, function, mr_, nr_, kr_)             \
    if ((features & TB_CPU_##feature) == (uint32_t)TB_CPU_##feature) { \
        out->slot_.fn = function;                                      \
        out->slot_.name = #function;                                   \
        out->slot_.mr = mr_;                                           \
        out->slot_.nr = nr_;                                           \
        out->slot_.kr = kr_;                                           \
    }
#include "delegates/cpu/kernels.def"
#undef TB_KERNEL
}

static const tb_cpu_kernel_row rows[] = {
#define TB_KERNEL(slot, feature, function, mr, nr, kr) {#slot, #function, TB_CPU_##feature},
#include "delegates/cpu/kernels.def"
#undef TB_KERNEL
};

const tb_cpu_kernel_row *tb_cpu_kernel_rows(int *count)
{
    *count = (int)TB_COUNT_OF(rows);
    return rows;
}
