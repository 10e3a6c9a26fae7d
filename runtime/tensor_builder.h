/* What is behind TfLiteOpaqueTensorBuilder. */
#ifndef TB_RUNTIME_TENSOR_BUILDER_H
#define TB_RUNTIME_TENSOR_BUILDER_H

#include "runtime/tflite_abi/c_api_opaque.h"

struct TfLiteOpaqueTensorBuilder {
    TfLiteType type;
    void *data;
    TfLiteAllocationType allocation_type;
    TfLiteQuantizationParams params;
    TfLiteQuantization quantization;
};

#endif
