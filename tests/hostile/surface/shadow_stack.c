/* expect: forbidden_call map_shadow_stack */
/* Maps a shadow stack. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(CALL_MAP_SHADOW_STACK, 0, 4096, 0, 0);
}
