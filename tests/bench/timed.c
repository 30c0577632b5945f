/* Runs a command several times without its output and prints the least wall time and processor time in seconds, and the peak of its
 * memory in MiB. Usage: timed TIMES BEFORE COMMAND [ARGUMENT]...; BEFORE is a shell command run, untimed, before each. */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    double wall = 1e9, processor = 1e9;
    long peak = 0;
    for (int i = argc > 3 ? atoi(argv[1]) : 0; i > 0; i--) {
        if (system(argv[2]) != 0)
            return 1;
        double begun = now();
        pid_t p = fork();
        if (p == 0) {
            int null = open("/dev/null", O_WRONLY);
            dup2(null, 1);
            dup2(null, 2);
            execvp(argv[3], argv + 3);
            _exit(127);
        }
        int status;
        struct rusage u;
        if (p < 0 || wait4(p, &status, 0, &u) != p || status != 0) {
            fprintf(stderr, "timed: %s failed\n", argv[3]);
            return 1;
        }
        double w = now() - begun,
               c = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
        wall = w < wall ? w : wall;
        processor = c < processor ? c : processor;
        peak = u.ru_maxrss > peak ? u.ru_maxrss : peak;
    }
    printf("%.4f %.4f %.1f\n", wall, processor, (double)peak / 1024);
    return 0;
}
