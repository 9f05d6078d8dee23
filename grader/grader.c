/* The little that belongs to the whole service. */
#include "grader/grader.h"

const struct spec *grader_spec(const struct grader *grader, const char *assignment)
{
    return spec_find(grader->specs, grader->specs_count, assignment);
}
