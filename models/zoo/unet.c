/* A U-Net: encoder, decoder and skip connections between their levels (Ronneberger et al. 2015). */
#include "models/zoo/families.h"

enum { MAX_LEVELS = 3 };

static tb_value two_convs(tb_graph *g, tb_value x, int filters)
{
    tb_conv conv = {.filters = filters, .kernel = 3, .activation = TB_RELU};
    x = tb_graph_conv(g, "conv1", x, conv);
    return tb_graph_conv(g, "conv2", x, conv);
}

tb_value tb_zoo_unet(tb_graph *g, const tb_zoo_config *config)
{
    int filters = (int)(16 * config->width + 0.5);
    if (filters < 2)
        filters = 2;
    int levels = config->blocks < MAX_LEVELS ? config->blocks : MAX_LEVELS;
    tb_value skips[MAX_LEVELS];
    tb_value x = tb_graph_input(g, "image", TB_SHAPE(1, config->resolution, config->resolution, 3),
                                TB_ZOO_IMAGE_SPREAD);
    for (int level = 0; level < levels; level++) {
        tb_graph_scope(g, "down%d", level + 1);
        skips[level] = two_convs(g, x, filters << level);
        x = tb_graph_max_pool(g, "pool", skips[level], (tb_pool){.size = 2, .stride = 2});
    }
    tb_graph_scope(g, "bottom");
    x = two_convs(g, x, filters << levels);
    for (int level = levels - 1; level >= 0; level--) {
        tb_graph_scope(g, "up%d", level + 1);
        tb_shape size = tb_graph_shape(g, skips[level]);
        x = tb_graph_resize_bilinear(g, "enlarge", x, size.dims[1], size.dims[2]);
        x = tb_graph_conv(g, "narrow", x,
                          (tb_conv){.filters = filters << level, .activation = TB_RELU});
        x = tb_graph_concat(g, "join", TB_INTS(skips[level], x), 3);
        x = two_convs(g, x, filters << level);
    }
    tb_graph_scope(g, "head");
    x = tb_graph_conv(g, "logits", x,
                      (tb_conv){.filters = config->classes,
                                .deviation = tb_zoo_logit_deviation(config->classes)});
    tb_graph_scope(g, "%s", "");
    return tb_graph_softmax(g, "mask", x);
}
