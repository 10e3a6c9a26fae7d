/*
 * What a model says about how to feed it: the metadata that TFLite's tools write into a model
 * ("TFLITE_METADATA", a FlatBuffer of its own inside the file).
 */
#ifndef TB_BENCH_MODEL_METADATA_H
#define TB_BENCH_MODEL_METADATA_H

#include "bench/preprocess.h"
#include "runtime/model.h"

/*
 * NormalizationOptions of an input of the primary subgraph, into model_mean, model_std and
 * model_count of `out`, where there are any: value = (pixel - mean) / std. Metadata that cannot be
 * read, or that makes no sense, is TB_CORRUPT and changes nothing.
 */
tb_status tb_metadata_normalisation(const tb_model *model, size_t input, tb_error *err,
                                    tb_preprocess *out);

#define TB_METADATA_NAME_SIZE 256

/* The name of the file with the classes of an output, "" where there is none. */
tb_status tb_metadata_labels_file(const tb_model *model, size_t output, tb_error *err,
                                  char out[TB_METADATA_NAME_SIZE]);

#endif
