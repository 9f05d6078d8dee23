/* The names of the set-up steps. */
#include "sandbox/step.h"

#include "sandbox/base/err.h"

const char *step_words(enum slot_step step)
{
    static const char *const words[STEP_COUNT] = {
        [STEP_NONE] = "nothing",
        [STEP_GROUPS] = "join the control groups",
        [STEP_IDENTITY] = "become an unprivileged user",
        [STEP_USER_NAMESPACE] = "enter a user namespace",
        [STEP_ID_MAPS] = "write the id maps",
        [STEP_NAMESPACES] = "enter mount, network, ipc, uts and cgroup namespaces",
        [STEP_TOOLCHAIN] = "find the toolchain",
        [STEP_ROOT] = "make the empty root",
        [STEP_VIEW] = "make the compile view",
        [STEP_PIVOT] = "pivot into the empty root",
        [STEP_PRIVILEGES] = "give up privileges",
        [STEP_RESOURCES] = "prepare the slot",
        [STEP_FILTER] = "choose the syscall filter",
        [STEP_LANDLOCK_RULES] = "make the Landlock rules",
        [STEP_WORK] = "make /work",
        [STEP_PROGRAM] = "open the program",
        [STEP_CLONE_INIT] = "start init",
        [STEP_INIT] = "tie init to its slot",
        [STEP_CLONE_PROGRAM] = "start the program",
        [STEP_CPU] = "pin to a processor",
        [STEP_CHROOT] = "change root",
        [STEP_RLIMIT] = "set the resource limits",
        [STEP_PERSONALITY] = "fix the address layout",
        [STEP_CAPABILITIES] = "drop capabilities",
        [STEP_LANDLOCK] = "enter Landlock",
        [STEP_SECCOMP] = "install the syscall filter",
        [STEP_EXEC] = "exec the program",
    };
    return (unsigned)step < COUNT(words) ? words[step] : "unknown step";
}
