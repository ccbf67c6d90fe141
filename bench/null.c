/* A server that does nothing: epoll, one thread, one constant answer for every request head it sees.
 * It is what the kernel and the load generator leave of a latency. `cc -O2 -o null null.c; ./null PORT` */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS 64
#define BYTES 65536

static const char head[] = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\n"
                           "content-length: 360\r\nconnection: keep-alive\r\n\r\n";
static char answer[sizeof head - 1 + 360];

static int listening(int port)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 1024)) {
        perror("null");
        exit(1);
    }
    return fd;
}

/* The load sends one request at a time, head and body in one segment: one read, one answer. */
static void serve(int fd)
{
    static char bytes[BYTES];
    if (read(fd, bytes, sizeof bytes) <= 0 || write(fd, answer, sizeof answer) < 0)
        close(fd);
}

int main(int count, char **words)
{
    struct epoll_event events[EVENTS], event = {.events = EPOLLIN};
    int one = 1, door = listening(count > 1 ? atoi(words[1]) : 0), loop = epoll_create1(0);
    signal(SIGPIPE, SIG_IGN);
    memcpy(answer, head, sizeof head - 1);
    memset(answer + sizeof head - 1, 'A', 360);
    event.data.fd = door;
    epoll_ctl(loop, EPOLL_CTL_ADD, door, &event);
    for (;;) {
        int ready = epoll_wait(loop, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd != door) {
                serve(fd);
                continue;
            }
            event.data.fd = accept(door, 0, 0);
            setsockopt(event.data.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            epoll_ctl(loop, EPOLL_CTL_ADD, event.data.fd, &event);
        }
    }
}
