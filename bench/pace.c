/* Offers requests at an even pace, whatever becomes of the answers, and tells how late those come.
 * An answer's time counts from when its request was due, so that a server which falls behind hides nothing.
 * `cc -O2 -o pace pace.c; ./pace PORT RATE SECONDS < requests`, each behind its length as a line. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS 16
#define REQUESTS 1000
#define BYTES 16384

struct request {
    char *bytes;
    size_t length;
};

struct connection {
    int fd;
    double due;
    size_t length;
    char bytes[BYTES];
};

static struct request requests[REQUESTS];
static struct connection connections[CONNECTIONS];
static struct connection *idle[CONNECTIONS];
static long asked, answered, errors, idling, different;
static double *latencies;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static void stop(const char *problem)
{
    perror(problem);
    exit(1);
}

static void read_requests(void)
{
    size_t length;
    for (; different < REQUESTS && scanf("%zu", &length) == 1; different++) {
        char *bytes = malloc(length);
        getchar();
        if (fread(bytes, 1, length, stdin) != length)
            stop("requests");
        requests[different] = (struct request){bytes, length};
    }
}

static void open_connections(int loop, int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0, one = 1; i < CONNECTIONS; i++) {
        struct connection *each = connections + i;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = each};
        each->fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(each->fd, (struct sockaddr *)&at, sizeof at))
            stop("connect");
        setsockopt(each->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        epoll_ctl(loop, EPOLL_CTL_ADD, each->fd, &event);
        idle[idling++] = each;
    }
}

static void ask(double due)
{
    struct connection *each = idle[--idling];
    struct request *request = requests + asked++ % different;
    each->due = due;
    if (write(each->fd, request->bytes, request->length) != (ssize_t)request->length)
        stop("write");
}

static void take(struct connection *each)
{
    ssize_t count = read(each->fd, each->bytes + each->length, BYTES - 1 - each->length);
    char *end, *length;
    if (count <= 0)
        stop("read");
    each->length += count;
    each->bytes[each->length] = 0;
    end = strstr(each->bytes, "\r\n\r\n");
    length = strcasestr(each->bytes, "\r\ncontent-length:");
    if (!end || !length || each->length < end + 4 - each->bytes + strtoul(length + 17, 0, 10))
        return;
    errors += strncmp(each->bytes, "HTTP/1.1 200", 12) != 0;
    latencies[answered++] = now() - each->due;
    each->length = 0;
    idle[idling++] = each;
}

static int ascending(const void *one, const void *other)
{
    double difference = *(const double *)one - *(const double *)other;
    return (difference > 0) - (difference < 0);
}

int main(int count, char **words)
{
    if (count != 4)
        return fputs("usage: pace PORT RATE SECONDS < requests\n", stderr), 2;
    double rate = atof(words[2]), begin;
    long all = rate * atof(words[3]);
    int loop = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, 0);
    struct timespec step = {0, 1e9 / rate};
    struct epoll_event events[CONNECTIONS + 1], tick = {.events = EPOLLIN, .data.ptr = 0};
    read_requests();
    latencies = calloc(all, sizeof *latencies);
    open_connections(loop, atoi(words[1]));
    prctl(PR_SET_TIMERSLACK, 1);
    epoll_ctl(loop, EPOLL_CTL_ADD, timer, &tick);
    timerfd_settime(timer, 0, &(struct itimerspec){step, step}, 0);
    begin = now();
    while (answered < all) {
        int ready = epoll_wait(loop, events, CONNECTIONS + 1, -1);
        for (int i = 0; i < ready; i++) {
            unsigned long ticks;
            if (events[i].data.ptr)
                take(events[i].data.ptr);
            else if (read(timer, &ticks, sizeof ticks) < 0)
                stop("timer");
        }
        for (double time = now(); asked < all && idling && begin + asked / rate <= time;)
            ask(begin + asked / rate);
    }
    rate = all / (now() - begin);
    qsort(latencies, all, sizeof *latencies, ascending);
    printf("requests/second: %.1f\np50: %.1f\np99: %.1f\nerrors: %ld\n", rate,
           latencies[all / 2] * 1e6, latencies[all * 99 / 100] * 1e6, errors);
}
