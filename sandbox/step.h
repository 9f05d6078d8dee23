/* The steps of setting up, by name: what a set-up failure is reported with, and the seam through
 * which tests make each of them fail. */
#ifndef SANDBOX_STEP_H
#define SANDBOX_STEP_H

enum slot_step {
    STEP_NONE,
    /* once per slot, in this order */
    STEP_GROUPS,
    STEP_IDENTITY,
    STEP_USER_NAMESPACE,
    STEP_ID_MAPS,
    STEP_NAMESPACES,
    STEP_TOOLCHAIN,
    STEP_ROOT,
    STEP_VIEW,
    STEP_PIVOT,
    STEP_PRIVILEGES,
    STEP_RESOURCES,
    /* once per run, in the slot */
    STEP_FILTER,
    STEP_LANDLOCK_RULES,
    STEP_WORK,
    STEP_PROGRAM,
    STEP_CLONE_INIT,
    /* once per run, in init and in the program before its exec */
    STEP_INIT,
    STEP_CLONE_PROGRAM,
    STEP_CPU,
    STEP_CHROOT,
    STEP_RLIMIT,
    STEP_PERSONALITY,
    STEP_CAPABILITIES,
    STEP_LANDLOCK,
    STEP_SECCOMP,
    STEP_EXEC,
    STEP_COUNT,
};

/* What the step tries, as words for an error text: "enter a user namespace". */
const char *step_words(enum slot_step step);

#endif
