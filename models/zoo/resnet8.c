/* ResNet-8 for 32x32 images (He et al. 2016; the form of MLPerf Tiny's image classification). */
#include "models/zoo/families.h"

/* Two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where the shape changes. */
static tb_value residual(tb_graph *g, tb_value input, int filters, int stride)
{
    tb_value x = tb_graph_conv(
        g, "conv1", input,
        (tb_conv){.filters = filters, .kernel = 3, .stride = stride, .activation = TB_RELU});
    x = tb_graph_conv(g, "conv2", x, (tb_conv){.filters = filters, .kernel = 3});
    tb_value shortcut = input;
    if (stride != 1 || tb_graph_shape(g, input).dims[3] != filters)
        shortcut =
            tb_graph_conv(g, "shortcut", input, (tb_conv){.filters = filters, .stride = stride});
    return tb_graph_add(g, "add", x, shortcut, TB_RELU);
}

tb_value tb_zoo_resnet8(tb_graph *g, const tb_zoo_config *config)
{
    tb_value x = tb_graph_input(g, "image", TB_SHAPE(1, config->resolution, config->resolution, 3),
                                TB_ZOO_IMAGE_SPREAD);
    int filters = tb_zoo_channels(16, config->width);
    tb_graph_scope(g, "stem");
    x = tb_graph_conv(g, "conv", x,
                      (tb_conv){.filters = filters, .kernel = 3, .activation = TB_RELU});
    for (int stack = 0; stack < config->blocks; stack++) {
        tb_graph_scope(g, "stack%d", stack + 1);
        x = residual(g, x, filters << stack, stack ? 2 : 1);
    }
    tb_graph_scope(g, "head");
    x = tb_graph_average_pool(g, "pool", x, (tb_pool){.size = 0});
    x = tb_graph_reshape(g, "flat", x, TB_SHAPE(1, tb_graph_shape(g, x).dims[3]));
    x = tb_graph_dense(
        g, "logits", x,
        (tb_dense){.units = config->classes, .deviation = tb_zoo_logit_deviation(config->classes)});
    tb_graph_scope(g, "%s", "");
    return tb_graph_softmax(g, "probabilities", x);
}
