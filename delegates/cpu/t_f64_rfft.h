/* Template: the Fourier transform of rows of real values, a lane each. */
#define TB_FFT_LANES      (VL > 2 ? VL / 2 : 2)
#define TB_FFT_NAME(name) TB_FN(f64_##name)
#include "delegates/cpu/kernel_decls.h"
#include "delegates/cpu/template.h"
#include "runtime/ops/fft_lanes.h"
