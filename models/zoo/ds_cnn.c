/* DS-CNN: spots keywords in a spectrogram of 10 coefficients a frame (Zhang et al. 2017). */
#include "models/zoo/families.h"

tb_value tb_zoo_ds_cnn(tb_graph *g, const tb_zoo_config *config)
{
    int filters = tb_zoo_channels(64, config->width);
    tb_value x = tb_graph_input(g, "spectrogram", TB_SHAPE(1, config->resolution, 10, 1),
                                TB_ZOO_IMAGE_SPREAD);
    tb_graph_scope(g, "stem");
    x = tb_graph_conv(
        g, "conv", x,
        (tb_conv){
            .filters = filters, .kernel = 10, .kernel_w = 4, .stride = 2, .activation = TB_RELU});
    for (int i = 0; i < config->blocks; i++) {
        tb_graph_scope(g, "block%d", i + 1);
        x = tb_graph_depthwise(g, "depthwise", x, (tb_conv){.kernel = 3, .activation = TB_RELU});
        x = tb_graph_conv(g, "pointwise", x, (tb_conv){.filters = filters, .activation = TB_RELU});
    }
    tb_graph_scope(g, "head");
    x = tb_graph_average_pool(g, "pool", x, (tb_pool){.size = 0});
    x = tb_graph_reshape(g, "flat", x, TB_SHAPE(1, filters));
    x = tb_graph_dense(
        g, "logits", x,
        (tb_dense){.units = config->classes, .deviation = tb_zoo_logit_deviation(config->classes)});
    tb_graph_scope(g, "%s", "");
    return tb_graph_softmax(g, "probabilities", x);
}
