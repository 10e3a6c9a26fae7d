/* Where the outputs of RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR fall between the inputs, along one
   axis, exactly as the portable kernels have it. */
#ifndef TB_CPU_RESIZE_H
#define TB_CPU_RESIZE_H

#include "runtime/tflite_abi/builtin_op_data.h"
#include "runtime/tflite_abi/common.h"

enum { TB_RESIZE_ONE = 1 << 10 /* of a position in integers */ };

/* Where an output position falls between two input positions. */
typedef struct tb_resize_sample {
    int32_t low, high;
    float weight; /* of high */
    int32_t weight10;
} tb_resize_sample;

/* `all` has room for `out`. INT8 is computed in integers, UINT8 keeps weights between equal positions. */
void tb_resize_samples(TfLiteType type, int32_t in, int32_t out,
                       const TfLiteResizeBilinearParams *params, tb_resize_sample *all);
/* The input position of output position i. */
int32_t tb_resize_nearest(int32_t in, int32_t out, int32_t i,
                          const TfLiteResizeNearestNeighborParams *params);

#endif
