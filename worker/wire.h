/* What grader and worker say to each other: jobs one way, events the other. Known to both sides and
 * to nothing else; pure, no sockets.
 *
 * A frame is a 4-byte big-endian length and that many bytes, at most WIRE_FRAME_MAX: one JSON
 * object (UTF-8, "format": 1), then, only in a job, a 0 byte and the raw source. The same bytes
 * travel over a socketpair and over a broker. Both directions are checked as if a stranger had
 * written them.
 *
 * The worker knows no person and computes no points: events are measurements. The grader keeps them
 * as they came (one JSON line each), so that points can be computed again without a run. */
#ifndef WORKER_WIRE_H
#define WORKER_WIRE_H

#include "assignments/spec.h"
#include "sandbox/base/buf.h"
#include "sandbox/base/err.h"
#include "worker/runtime/found.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_FORMAT 1
#define WIRE_FRAME_MAX ((size_t)768 * 1024)
#define WIRE_DIAGNOSTICS_MAX ((size_t)16 * 1024)
#define WIRE_STDERR_MAX 2048 /* of one case, sanitised; a report stays under 512 KiB */
#define WIRE_MAP_MAX 32
#define WIRE_RATIOS_MAX 256
#define WIRE_KERNELS_MAX 32  /* those that a CUDA source launches */
#define WIRE_LAUNCHES_MAX 32 /* its launch lines */

/* -- jobs, grader to worker ------------------------------------------------------------------- */

enum job_kind {
    JOB_CHECK,     /* compile, then every correctness case */
    JOB_TIME,      /* compile, then the ranked cases against the baseline */
    JOB_CALIBRATE, /* the worker's test of itself: no source; another hello comes of it */
};

enum device { DEVICE_CPU, DEVICE_GPU };

struct job {
    int64_t id; /* opaque; every event of the job carries it */
    enum job_kind kind;
    enum device device;
    char assignment[SPEC_NAME_MAX];
    char spec_hash[65];            /* "": whatever the worker has; else it must match */
    char file_name[64];            /* what diagnostics call the source: "attention.c" */
    unsigned char key[32];         /* inputs depend on (key, case, iteration) alone */
    bool practice;                 /* visible cases only, short timing */
    char only_case[SPEC_NAME_MAX]; /* "": all */
    int patterns_only; /* 1: no diagnosis build after a failure; for mutants by the hundred */
    char *source;      /* owned; source_size bytes and a 0 */
    size_t source_size;
};

/* -- events, worker to grader ----------------------------------------------------------------- */

enum event_kind {
    EVENT_HELLO,    /* first: what this worker is; again, between or in jobs, when that changed */
    EVENT_COMPILED, /* the compile step is over, well or badly */
    EVENT_CASE,     /* a correctness case is over */
    EVENT_FINDING,  /* what a diagnosis build found in a case that failed; at most one per job */
    EVENT_TIMED,    /* a ranked case is over (its checks and its ratios) */
    EVENT_DONE,     /* the job is over: the last event of every job */
};

enum verdict {
    VERDICT_PASS,
    VERDICT_WRONG,
    VERDICT_RUNTIME_ERROR,
    VERDICT_TIME_LIMIT,
    VERDICT_MEMORY_LIMIT,
    VERDICT_OUTPUT_LIMIT,
    VERDICT_FORBIDDEN_CALL,
    VERDICT_EXITED_EARLY,
    VERDICT_NOT_RUN,
};

enum outcome {
    OUTCOME_CHECKED,       /* a check job ran to its end (right or wrong) */
    OUTCOME_TIMED,         /* a time job ran to its end */
    OUTCOME_CALIBRATED,    /* a calibrate job did: the hello before it says what came of it */
    OUTCOME_COMPILE_ERROR, /* the compiler, the audit or the link refused the source */
    OUTCOME_COMPILED_ONLY, /* no such device here */
    OUTCOME_SYSTEM_ERROR,  /* ours: `message` says what */
};

/* What a worker measured of itself and its machine (worker/selftest.h). It holds for one key: boot,
 * processor, kernel, compiler, flags, sandbox, and the sources that were measured. */
struct wire_calibration {
    int64_t made_at; /* UTC us; 0: nothing was measured */
    char key[65];
    double error;     /* the baseline against itself: largest |ratio - 1| of the trials */
    int64_t trials;   /* each as a ranked case of a submission is timed */
    double floor_us;  /* what the clock shows for a function that returns at once */
    double gigaflops; /* peaks of one thread: struct speed_peaks */
    double gigaops;
    double gigabytes;
    char complaint[96]; /* why it may not measure for rank, "" if it may */
};

struct wire_hello {
    char worker[64];                /* host name and process, for logs and provenance */
    char class_name[SPEC_NAME_MAX]; /* "cpu:x86-64-v4" */
    char compiler[64];              /* "gcc 12.2.0" */
    char flags[128];                /* "-O3 -march=x86-64-v4" */
    char backend[16];               /* "cgroup-v1" */
    bool ranked;                    /* may measure for rank */
    char unranked_why[96];
    char cuda[64]; /* "nvrtc 13.0 sm_90": what it compiles .cu files with; "": it does not */
    char gpu[SPEC_NAME_MAX];  /* "gpu:sm_90": class of the device that it has; "": none that is
                                 usable */
    char gpu_name[96];        /* "NVIDIA H100 80GB HBM3" */
    int64_t gpu_memory_bytes; /* 0: absent */
    char gpu_why[160];        /* why there is none, "" if there is one */
    int gpu_quarantined;      /* 1: because it is in doubt, and somebody has to look at it */
    int64_t processors;
    int priority; /* of what it times: 1, before everything else; 2, and watched from its own
                     processor; 0: neither, for want of rights */
    struct wire_calibration calibration; /* made_at 0: none yet */
};

/* What a CUDA kernel needs of the device, and how it fills it in the largest case. */
struct wire_kernel {
    char name[64];
    int registers;         /* of a thread */
    int64_t shared_bytes;  /* of a block, static */
    int64_t dynamic_bytes; /* likewise, as the launch line asks; < 0: in no visible case */
    int64_t spill_bytes;   /* stores and loads */
    int threads;           /* of a block; 0: in no visible case */
    int occupancy;         /* percent; -1: likewise */
};

/* What a CUDA source launches, and the kernels that it has. */
struct wire_cuda {
    int kernels_count, launches_count;
    struct wire_kernel kernels[WIRE_KERNELS_MAX];
    char launches[WIRE_LAUNCHES_MAX][120]; /* "f<<<(Tq, H, B), 128>>>" */
};

struct wire_compiled {
    bool good;
    int64_t took_ms;
    int64_t errors, warnings;
    char code[32]; /* "" when good; "syntax", "refused_section", "undefined_name", "compile_limit",
                      … */
    char message[200]; /* one sentence for the student when not good */
    char object[65];   /* hash of the object when good: equal ones are one program; "": not told */
    char *diagnostics; /* owned; sanitised, cut, no host path; never NULL after parse */
    /* of a CUDA source; the worker's hello speaks of C */
    char compiler[64];      /* "nvrtc 13.0", "": as in hello */
    char flags[64];         /* "sm_90" */
    struct wire_cuda *cuda; /* owned; NULL: of a C source, or nothing is known of its kernels */
};

struct wire_mismatch {
    char tensor[40]; /* "o", or a certificate part as "comp comp' - 1" */
    char letters[SPEC_RANK_MAX + 1];
    int rank;
    int64_t index[SPEC_RANK_MAX];
    double expected, got, error, bound; /* got may be NaN or infinite: JSON null, "inf", "-inf" */
    bool unwritten;
    int64_t wrong_count, of;
};

struct wire_case {
    int index; /* of spec->cases */
    enum verdict verdict;
    char code[32]; /* stable name of the hint, "" for none: "kvlen_ignored", "loop_endless", … */
    char detail[200]; /* one sentence, no host path, safe for hidden cases only as a class */
    bool has_error_ratio;
    double error_ratio;     /* largest error / bound; absent unless outputs were compared */
    double wall_ms, cpu_ms; /* of the slowest call; < 0: absent */
    int64_t peak_bytes;     /* < 0: absent */
    int signal;             /* 0: absent */
    char syscall[32];       /* "": absent */
    bool has_mismatch;
    struct wire_mismatch mismatch;
    int map_rows, map_columns;                     /* 0: absent */
    unsigned char map[WIRE_MAP_MAX][WIRE_MAP_MAX]; /* 0..9 */
    char *stderr_text; /* owned, may be NULL; sanitised, cut; visible cases only */
};

/* It explains a case and changes nothing about it. The student's process said so: numbers are
 * bounded and texts cleaned, and the claim may be a lie to himself. */
struct wire_finding {
    int index; /* of spec->cases: a visible one */
    enum found kind;
    bool is_write;
    int64_t line;    /* of the source; 0: unknown */
    char source[80]; /* that line, cut; "" without one */
    char name[48];   /* tensor, array, or type; "" if unknown */
    char place[80];  /* "o[b=1][h=0][i=3][d=0]"; "" if it does not apply */
    int64_t element; /* of a tensor; byte of an array or block; may lie outside */
    int64_t of;      /* elements or bytes that there are */
    int64_t value;   /* index, bits, length, alignment: what the kind says */
};

struct wire_timed {
    int index;                 /* of spec->cases */
    struct wire_case check;    /* the row of `cases` in the group speed; same index */
    bool measured;             /* false: wrong output or ended badly; the rest does not apply */
    double speedup, low, high; /* baseline / student and its 95 % interval */
    int64_t pairs;
    double student_us, baseline_us; /* medians, floor subtracted */
    bool noisy, uneven;
    int pooled; /* 1: the grader has put speedup, low and high together with an earlier timing of
                 * the same program; the ratios stay those of this one. 0 from a worker */
    double timed_share; /* of the time that the case took: on the clock; < 0: absent */
    double floor_us;    /* what the clock takes for itself, subtracted above; < 0: absent */
    /* of a GPU; 0: absent */
    int64_t sm_mhz, memory_mhz; /* as the last look found them */
    int64_t clock_reasons;      /* why they were low, as NVML's bits */
    int64_t dropped;            /* pairs measured again because the device slowed down by itself */
    int ratios_count;
    double
        ratios[WIRE_RATIOS_MAX]; /* every pair, in order; AB first, then BA, alternating by block */
};

struct wire_done {
    enum outcome outcome;
    char message[200];  /* of a system error, for operators; never shown as the student's fault */
    int64_t started_at; /* UTC us */
    int64_t took_ms;
};

struct event {
    enum event_kind kind;
    int64_t job; /* 0 for hello */
    union {
        struct wire_hello hello;
        struct wire_compiled compiled;
        struct wire_case one;
        struct wire_finding finding;
        struct wire_timed timed;
        struct wire_done done;
    };
};

/* Appends one whole frame. ERR_LIMIT if it would pass WIRE_FRAME_MAX. */
struct err wire_put_job(struct buf *out, const struct job *job);
struct err wire_put_event(struct buf *out, const struct event *event);

/* Appends the JSON object alone, without the length: what is stored. */
struct err wire_event_json(struct buf *out, const struct event *event);

/* A worker that doubts its machine (a complaint) tests it again after so long, when nothing is
 * asked or before the next timing. */
#define WIRE_DOUBT_US ((int64_t)300 * 1000000)

/* False while it doubts: a timing would be refused. now_at: UTC us. */
bool wire_may_time(const struct wire_hello *hello, int64_t now_at);

/* A calibration as one line of JSON, and back; as strict as an event. */
struct err wire_calibration_json(struct buf *out, const struct wire_calibration *calibration);
struct err wire_calibration_parse(struct wire_calibration *out, const char *text, size_t size);

/* Looks for a whole frame at the start of `bytes`. out_size: its payload, behind 4 bytes of length.
 * Returns false if more bytes are needed; ERR_LIMIT for a length of 0 or past the maximum. */
struct err wire_frame(const void *bytes, size_t size, bool *out_whole, size_t *out_payload_size);

/* Parses one payload. ERR_INPUT names the field. Release what came, even partly. */
struct err wire_get_job(struct job *out, const void *payload, size_t size);
struct err wire_get_event(struct event *out, const void *payload, size_t size);

/* Free what a job or event owns; twice is fine. */
void job_release(struct job *job);
void event_release(struct event *event);
/* What it owns; also of one that was never filled in, if it is zero. */
void wire_compiled_release(struct wire_compiled *compiled);

/* The words that INTERFACE and the database use: "time_limit"; -1 (cast) never: unknown words are
 * refused by the parsers. */
const char *verdict_word(enum verdict verdict);
bool verdict_from_word(enum verdict *out, const char *word);
const char *outcome_word(enum outcome outcome);
const char *found_word(enum found kind);
const char *device_word(enum device device);
bool device_from_word(enum device *out, const char *word);

#endif
