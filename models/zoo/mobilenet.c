/* MobileNet v1 (Howard et al. 2017) and v2 (Sandler et al. 2018), ImageNet classifiers. */
#include "models/zoo/families.h"

#include "runtime/base/size.h"

static tb_value image(tb_graph *g, int resolution)
{
    return tb_graph_input(g, "image", TB_SHAPE(1, resolution, resolution, 3), TB_ZOO_IMAGE_SPREAD);
}

/* Global average, a 1x1 convolution as classifier, softmax. */
static tb_value head(tb_graph *g, tb_value x, int classes)
{
    tb_graph_scope(g, "head");
    x = tb_graph_average_pool(g, "pool", x, (tb_pool){.size = 0});
    x = tb_graph_conv(g, "logits", x,
                      (tb_conv){.filters = classes, .deviation = tb_zoo_logit_deviation(classes)});
    x = tb_graph_reshape(g, "flat", x, TB_SHAPE(1, classes));
    tb_graph_scope(g, "%s", "");
    return tb_graph_softmax(g, "probabilities", x);
}

tb_value tb_zoo_mobilenet_v1(tb_graph *g, const tb_zoo_config *config)
{
    static const struct {
        int filters, stride;
    } BLOCKS[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                  {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};

    tb_value x = image(g, config->resolution);
    tb_graph_scope(g, "stem");
    x = tb_graph_conv(g, "conv", x,
                      (tb_conv){.filters = tb_zoo_channels(32, config->width),
                                .kernel = 3,
                                .stride = 2,
                                .activation = TB_RELU6});
    for (int i = 0; i < config->blocks && i < (int)TB_COUNT_OF(BLOCKS); i++) {
        tb_graph_scope(g, "block%d", i + 1);
        x = tb_graph_depthwise(
            g, "depthwise", x,
            (tb_conv){.kernel = 3, .stride = BLOCKS[i].stride, .activation = TB_RELU6});
        x = tb_graph_conv(g, "pointwise", x,
                          (tb_conv){.filters = tb_zoo_channels(BLOCKS[i].filters, config->width),
                                    .activation = TB_RELU6});
    }
    return head(g, x, config->classes);
}

/* 1x1 expansion, 3x3 depthwise, 1x1 linear projection; a shortcut where the shape stays. */
static tb_value inverted_residual(tb_graph *g, tb_value input, int expansion, int filters,
                                  int stride)
{
    int depth = tb_graph_shape(g, input).dims[3];
    tb_value x = input;
    if (expansion > 1)
        x = tb_graph_conv(g, "expand", x,
                          (tb_conv){.filters = expansion * depth, .activation = TB_RELU6});
    x = tb_graph_depthwise(g, "depthwise", x,
                           (tb_conv){.kernel = 3, .stride = stride, .activation = TB_RELU6});
    x = tb_graph_conv(g, "project", x, (tb_conv){.filters = filters});
    if (stride == 1 && depth == filters)
        x = tb_graph_add(g, "add", input, x, TB_LINEAR);
    return x;
}

tb_value tb_zoo_mobilenet_v2(tb_graph *g, const tb_zoo_config *config)
{
    static const struct {
        int expansion, filters, repeats, stride;
    } STAGES[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                  {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

    tb_value x = image(g, config->resolution);
    tb_graph_scope(g, "stem");
    x = tb_graph_conv(g, "conv", x,
                      (tb_conv){.filters = tb_zoo_channels(32, config->width),
                                .kernel = 3,
                                .stride = 2,
                                .activation = TB_RELU6});
    int block = 0;
    for (size_t s = 0; s < TB_COUNT_OF(STAGES); s++)
        for (int r = 0; r < STAGES[s].repeats && block < config->blocks; r++) {
            tb_graph_scope(g, "block%d", ++block);
            x = inverted_residual(g, x, STAGES[s].expansion,
                                  tb_zoo_channels(STAGES[s].filters, config->width),
                                  r ? 1 : STAGES[s].stride);
        }
    tb_graph_scope(g, "top");
    x = tb_graph_conv(
        g, "conv", x,
        (tb_conv){.filters = tb_zoo_channels(
                      1280, config->width > 1 || config->blocks < 17 ? config->width : 1),
                  .activation = TB_RELU6});
    return head(g, x, config->classes);
}
