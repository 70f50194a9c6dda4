/* The clients of bench/serve, over libnbd.
 *
 *   replay SOCKET EXPORT TRACE               the reads of a trace (t_us,op,offset,length), one after the other, without pauses:
 *                                            prints milliseconds from connecting to the last, median and 99th percentile in us
 *   crowd KIND COUNT SOCKET EXPORT COMMAND   runs a command while so many connections are there, then prints how many still are:
 *                                            idle    have negotiated, and ask for nothing
 *                                            silent  have not negotiated
 *                                            half    have sent a half of a request's header, or of what a write carries
 *                                            deaf    have asked for 8 MiB each, and read nothing of it
 */
#define _GNU_SOURCE
#include <endian.h>
#include <libnbd.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HEADER_BYTES = 28, CMD_READ = 0, CMD_WRITE = 1, MOST = 65536 };

static void fail(const char *what, const char *why) {
  fprintf(stderr, "bench/serve: %s: %s\n", what, why);
  exit(1);
}

static double micros(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static struct nbd_handle *client(const char *socket, const char *export) {
  struct nbd_handle *nbd = nbd_create();
  if (nbd == NULL || nbd_set_export_name(nbd, export) || nbd_connect_unix(nbd, socket)) fail(socket, nbd_get_error());
  return nbd;
}

static int ascending(const void *left, const void *right) {
  double a = *(const double *) left, b = *(const double *) right;
  return (a > b) - (a < b);
}

static int replay(const char *socket, const char *export, const char *path) {
  static uint64_t offset[MOST];
  static uint32_t length[MOST];
  static double latency[MOST];
  int count = 0;
  uint32_t longest = 0;
  FILE *trace = fopen(path, "r");
  if (trace == NULL) fail(path, "can't be read");
  char line[128];
  while (count < MOST && fgets(line, sizeof line, trace))
    if (sscanf(line, "%*u,R,%lu,%u", &offset[count], &length[count]) == 2) {
      if (length[count] > longest) longest = length[count];
      count++;
    }
  fclose(trace);
  if (count == 0) fail(path, "has no reads");
  char *buffer = malloc(longest);
  if (buffer == NULL) fail(path, "has reads that are too long");
  memset(buffer, 1, longest); /* so that no page of it comes while the clock runs */

  double start = micros();
  struct nbd_handle *nbd = client(socket, export);
  double before = micros();
  for (int i = 0; i < count; i++) {
    if (nbd_pread(nbd, buffer, length[i], offset[i], 0)) fail("read", nbd_get_error());
    double now = micros();
    latency[i] = now - before;
    before = now;
  }
  nbd_shutdown(nbd, 0);
  nbd_close(nbd);
  qsort(latency, count, sizeof *latency, ascending);
  printf("%.2f %.1f %.1f\n", (before - start) / 1e3, latency[count / 2], latency[count * 99 / 100]);
  return 0;
}

static void ask(int fd, int command, uint64_t cookie, uint64_t offset, uint32_t length, size_t bytes) {
  unsigned char request[HEADER_BYTES + 4096] = {0x25, 0x60, 0x95, 0x13, 0, 0, 0, (unsigned char) command};
  uint64_t cookie_be = htobe64(cookie), offset_be = htobe64(offset);
  uint32_t length_be = htobe32(length);
  memcpy(request + 8, &cookie_be, 8);
  memcpy(request + 16, &offset_be, 8);
  memcpy(request + 24, &length_be, 4);
  if (write(fd, request, bytes) != (ssize_t) bytes) fail("write", "the server takes no request");
}

static int join(const char *kind, int i, const char *path, const char *export) {
  if (!strcmp(kind, "silent")) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *) &address, sizeof address)) fail(path, "can't connect");
    return fd;
  }
  int fd = nbd_aio_get_fd(client(path, export));
  if (!strcmp(kind, "half"))
    ask(fd, CMD_WRITE, 1, 0, 4096, i % 2 ? HEADER_BYTES / 2 : HEADER_BYTES + 2048);
  else if (!strcmp(kind, "deaf"))
    for (int j = 0; j < 64; j++) ask(fd, CMD_READ, j, (uint64_t) j << 17, 1 << 17, HEADER_BYTES);
  else if (strcmp(kind, "idle"))
    fail(kind, "no kind of client");
  return fd;
}

static int crowd(const char *kind, int count, const char *socket, const char *export, char **command) {
  struct pollfd *all = calloc(count, sizeof *all);
  if (all == NULL) fail(kind, "too many");
  for (int i = 0; i < count; i++) all[i] = (struct pollfd) {.fd = join(kind, i, socket, export), .events = POLLRDHUP};
  sleep(1); /* until the server is held up by those who don't read */
  pid_t child = fork();
  if (child == 0) {
    execvp(command[0], command);
    _exit(127);
  }
  int status = 1;
  if (child < 0 || waitpid(child, &status, 0) < 0 || status) fail(command[0], "failed");
  int there = count;
  poll(all, count, 0);
  for (int i = 0; i < count; i++) there -= (all[i].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
  printf("there %d\n", there);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 5 && !strcmp(argv[1], "replay")) return replay(argv[2], argv[3], argv[4]);
  if (argc > 6 && !strcmp(argv[1], "crowd")) return crowd(argv[2], atoi(argv[3]), argv[4], argv[5], argv + 6);
  fail("usage", "replay SOCKET EXPORT TRACE, or crowd KIND COUNT SOCKET EXPORT COMMAND...");
}
