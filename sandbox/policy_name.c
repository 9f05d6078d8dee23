/* Names of calls, from the tables that were made when the sandbox was built. */
#include "sandbox/policy.h"

#include <linux/audit.h>
#include <stdio.h>

#define X32_BIT 0x40000000

void policy_call_name(uint32_t entry, int number, char *out, size_t out_size)
{
    /* x32 numbers come through the x86-64 entry with this bit. */
    bool x32 = entry == AUDIT_ARCH_X86_64 && number > 0 && (number & X32_BIT) != 0;
    enum policy_entry table = entry == AUDIT_ARCH_I386 ? POLICY_ENTRY_32
                              : x32                    ? POLICY_ENTRY_X32
                                                       : POLICY_ENTRY_64;
    const char *suffix = entry == AUDIT_ARCH_I386 ? " (32-bit)" : x32 ? " (x32)" : "";
    int plain = x32 ? number & ~X32_BIT : number;
    const char *name = policy_name(table, plain);
    if (name == NULL)
        (void)snprintf(out, out_size, "%d%s", plain, suffix);
    else
        (void)snprintf(out, out_size, "%s%s", name, suffix);
}
