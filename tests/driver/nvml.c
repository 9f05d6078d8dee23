/* A management library for tests, in place of libnvidia-ml.so.1. Environment (the worker is no
 * sandbox): FAKE_THROTTLED=N: the N looks after the first 8 find the device hot. FAKE_SHARED: MPS
 * has a client. */
#include <stdlib.h>
#include <string.h>

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlDeviceGetHandleByUUID(const char *uuid, void **out);
int nvmlDeviceGetClockInfo(void *device, unsigned kind, unsigned *out);
int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, unsigned long long *out);
int nvmlDeviceGetMPSComputeRunningProcesses_v3(void *device, unsigned *count, void *infos);

static int looks;

int nvmlInit_v2(void)
{
    looks = 0;
    return 0;
}

int nvmlShutdown(void)
{
    return 0;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, void **out)
{
    *out = &looks;
    return strncmp(uuid, "GPU-abab", 8) == 0 ? 0 : 6;
}

int nvmlDeviceGetClockInfo(void *device, unsigned kind, unsigned *out)
{
    *out = kind == 1 ? 1755 : 2619;
    return device == &looks ? 0 : 2;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(void *device, unsigned long long *out)
{
    const char *const text = getenv("FAKE_THROTTLED");
    const int hot = text == NULL ? 0 : atoi(text);
    looks++;
    *out = hot > 0 && looks > 8 && looks <= 8 + hot ? 0x40 : 0x4;
    return device == &looks ? 0 : 2;
}

int nvmlDeviceGetMPSComputeRunningProcesses_v3(void *device, unsigned *count, void *infos)
{
    (void)infos;
    if (device != &looks)
        return 2;
    if (getenv("FAKE_SHARED") == NULL) {
        *count = 0;
        return 0;
    }
    *count = 1;
    return 7;
}
