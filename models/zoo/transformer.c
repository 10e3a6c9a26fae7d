/* A small transformer encoder that classifies a text given as token numbers (Vaswani et al. 2017). */
#include <math.h>

#include "models/zoo/families.h"

enum { VOCABULARY = 1000, HEADS = 4, HIDDEN = 128 };

/* Over the last dimension, from basic operators, with a gain and an offset a channel. */
static tb_value layer_norm(tb_graph *g, tb_value x)
{
    int width = tb_graph_shape(g, x).dims[2];
    tb_value mean = tb_graph_mean(g, "mean", x, TB_INTS(-1), true);
    tb_value centred = tb_graph_sub(g, "centred", x, mean);
    tb_value squares = tb_graph_squared_difference(g, "squares", x, mean);
    tb_value variance = tb_graph_mean(g, "variance", squares, TB_INTS(-1), true);
    tb_value epsilon = tb_graph_scalar(g, "epsilon", 1e-6f);
    tb_value bounded = tb_graph_add(g, "bounded", variance, epsilon, TB_LINEAR);
    tb_value factor = tb_graph_rsqrt(g, "factor", bounded);
    tb_value unit = tb_graph_mul(g, "unit", centred, factor);
    tb_value gain = tb_graph_weights(g, "gain", NULL, TB_SHAPE(width), (tb_spread){1, 0.04f});
    tb_value offset = tb_graph_weights(g, "offset", NULL, TB_SHAPE(width), (tb_spread){0, 0.01f});
    return tb_graph_add(g, "normal", tb_graph_mul(g, "scaled", unit, gain), offset, TB_LINEAR);
}

/* A projection cut into heads: [1, tokens, width] -> [1, heads, tokens, width / heads]. */
static tb_value to_heads(tb_graph *g, tb_value x)
{
    tb_shape shape = tb_graph_shape(g, x);
    x = tb_graph_dense(g, "project", x, (tb_dense){.units = shape.dims[2], .keep_dims = true});
    x = tb_graph_reshape(g, "cut", x, TB_SHAPE(1, shape.dims[1], HEADS, shape.dims[2] / HEADS));
    return tb_graph_transpose(g, "by_head", x, TB_INTS(0, 2, 1, 3));
}

static tb_value attention(tb_graph *g, tb_value x, int layer)
{
    tb_shape shape = tb_graph_shape(g, x);
    tb_graph_scope(g, "layer%d/query", layer);
    tb_value query = to_heads(g, x);
    tb_graph_scope(g, "layer%d/key", layer);
    tb_value key = to_heads(g, x);
    tb_graph_scope(g, "layer%d/value", layer);
    tb_value value = to_heads(g, x);

    tb_graph_scope(g, "layer%d/attention", layer);
    float width = (float)shape.dims[2] / HEADS;
    tb_value scale = tb_graph_scalar(g, "scale", 1 / sqrtf(width));
    tb_value scores = tb_graph_matmul(g, "scores", query, key, true);
    tb_value shares = tb_graph_softmax(g, "shares", tb_graph_mul(g, "scaled", scores, scale));
    tb_value mixed = tb_graph_matmul(g, "mixed", shares, value, false);
    mixed = tb_graph_transpose(g, "by_token", mixed, TB_INTS(0, 2, 1, 3));
    mixed = tb_graph_reshape(g, "joined", mixed, shape);
    return tb_graph_dense(g, "project", mixed,
                          (tb_dense){.units = shape.dims[2], .keep_dims = true});
}

static tb_value feed_forward(tb_graph *g, tb_value x, int layer)
{
    int width = tb_graph_shape(g, x).dims[2];
    tb_graph_scope(g, "layer%d/feed_forward", layer);
    x = tb_graph_dense(g, "widen", x, (tb_dense){.units = 4 * width, .keep_dims = true});
    x = tb_graph_gelu(g, "gelu", x);
    return tb_graph_dense(g, "narrow", x, (tb_dense){.units = width, .keep_dims = true});
}

/* A layer's result joins what went into it, and is normalised. */
static tb_value join(tb_graph *g, tb_value x, tb_value result, int layer, const char *name)
{
    tb_graph_scope(g, "layer%d/%s", layer, name);
    return layer_norm(g, tb_graph_add(g, "add", x, result, TB_LINEAR));
}

tb_value tb_zoo_transformer(tb_graph *g, const tb_zoo_config *config)
{
    int width = tb_zoo_channels(HIDDEN, config->width);
    tb_value tokens = tb_graph_input_ints(g, "tokens", TB_SHAPE(1, config->resolution));
    tb_graph_scope(g, "embedding");
    int vocabulary = config->width < 1 ? (int)(VOCABULARY * config->width + 1) : VOCABULARY;
    tb_value x = tb_graph_embedding(g, "words", tokens, vocabulary, width);
    tb_value places = tb_graph_weights(g, "places", NULL, TB_SHAPE(1, config->resolution, width),
                                       (tb_spread){0, 1});
    x = layer_norm(g, tb_graph_add(g, "add", x, places, TB_LINEAR));
    for (int layer = 1; layer <= config->blocks; layer++) {
        x = join(g, x, attention(g, x, layer), layer, "norm1");
        x = join(g, x, feed_forward(g, x, layer), layer, "norm2");
    }
    tb_graph_scope(g, "head");
    x = tb_graph_mean(g, "pool", x, TB_INTS(1), false);
    /* After attention tokens are much alike, so that their mean varies twice as much as it would. */
    x = tb_graph_dense(g, "logits", x,
                       (tb_dense){.units = config->classes,
                                  .deviation = 0.5f * tb_zoo_logit_deviation(config->classes)});
    tb_graph_scope(g, "%s", "");
    return tb_graph_softmax(g, "probabilities", x);
}
