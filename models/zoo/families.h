/* The zoo's families, one file each: a network described on a graph. Returns its output. */
#ifndef TB_MODELS_ZOO_FAMILIES_H
#define TB_MODELS_ZOO_FAMILIES_H

#include "models/graph.h"
#include "models/zoo/zoo.h"

typedef tb_value (*tb_zoo_build_fn)(tb_graph *graph, const tb_zoo_config *config);

tb_value tb_zoo_mobilenet_v1(tb_graph *graph, const tb_zoo_config *config);
tb_value tb_zoo_mobilenet_v2(tb_graph *graph, const tb_zoo_config *config);
tb_value tb_zoo_resnet8(tb_graph *graph, const tb_zoo_config *config);
tb_value tb_zoo_ds_cnn(tb_graph *graph, const tb_zoo_config *config);
tb_value tb_zoo_transformer(tb_graph *graph, const tb_zoo_config *config);
tb_value tb_zoo_unet(tb_graph *graph, const tb_zoo_config *config);
tb_value tb_zoo_lstm(tb_graph *graph, const tb_zoo_config *config);
tb_value tb_zoo_lstm_unrolled(tb_graph *graph, const tb_zoo_config *config);

/* channels * width, rounded to a multiple of 8, at least 8 and never more than a tenth below. */
int tb_zoo_channels(int channels, double width);

/* Between the pixels of a normalised photograph and noise over [-1, 1]. */
#define TB_ZOO_IMAGE_SPREAD ((tb_spread){0, 0.3f})
/* The deviation of logits that makes a softmax over so many classes clear without being certain. */
float tb_zoo_logit_deviation(int classes);

#endif
