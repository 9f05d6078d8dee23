/* Inputs of the LSTM cases, from the random stream alone: uniform numbers between bounds that come
 * from one correctly rounded square root.
 *
 * weight_scale s  weights and biases uniform(+-s / sqrt(nh)). With 1 (how LSTMs are initialised)
 * the gates stay half open; from 2 on the recurrence amplifies; with 8 it is chaotic. x_scale x
 * uniform(+-1.7 x_scale). A pre-activation is then about normal, with deviation 0.57 s x_scale
 * sqrt(nx / nh): with 50, some pass 88 and -88. c0_peak         c0 uniform(+-c0_peak), beyond what
 * the first steps would give it. h0 is uniform(+-0.9), as another tanh would have left it. */
#include "assignments/inputs.h"

#include <math.h>

#define X_PEAK 1.7
#define H_PEAK 0.9

INPUTS_DECLARE(lstm_cell);

static void fill(struct call *call, struct random *random, const char *name, double peak);

struct err lstm_cell_inputs(struct call *call, struct random *random)
{
    double weights = call_parameter(call, "weight_scale") / sqrt(call_size(call, "nh"));

    fill(call, random, "Wih", weights);
    fill(call, random, "Whh", weights);
    fill(call, random, "bih", weights);
    fill(call, random, "bhh", weights);
    fill(call, random, "x", X_PEAK * call_parameter(call, "x_scale"));
    fill(call, random, "h0", H_PEAK);
    fill(call, random, "c0", call_parameter(call, "c0_peak"));
    return err_none();
}

static void fill(struct call *call, struct random *random, const char *name, double peak)
{
    random_fill_uniform(random, call_f32(call, name), call_count(call, name), (float)-peak,
                        (float)peak);
}
