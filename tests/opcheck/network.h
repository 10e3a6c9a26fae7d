/* Small random networks, as model files: layers that the cpu delegate fuses, lays out and tiles. */
#ifndef TB_TESTS_OPCHECK_NETWORK_H
#define TB_TESTS_OPCHECK_NETWORK_H

#include "runtime/tflite_abi/c_api_types.h"
#include "tests/opcheck/opcheck.h"

/* The model's bytes, to be freed; what is in it, for messages, goes into `what`. */
uint8_t *oc_network(oc_random *r, TfLiteType type, size_t *size, char *what, size_t what_size);

/* One convolution under SAME padding, for timing; before a depthwise one stands a pointwise one, as
   in networks, so that the plan lays out its input. */
typedef struct oc_layer_spec {
    bool depthwise;
    int32_t side, in_c, out_c, taps, stride;
} oc_layer_spec;
uint8_t *oc_layer(oc_random *r, TfLiteType type, const oc_layer_spec *spec, size_t *size,
                  char *what, size_t what_size);

#endif
