/* expect: forbidden_call migrate_pages */
/* Moves pages between nodes. */
#include "tests/hostile/hostile.h"

int main(void)
{
    never(SYS_migrate_pages, 0, 0, 0, 0);
}
