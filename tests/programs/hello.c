/* Prints one line and ends well. */
#include <stdio.h>
int main(void)
{
    puts("hello");
    return 0;
}
