/* A disk that fails: preloaded before libc, it counts the calls that change files and lets one of them go wrong. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

enum { ERROR, FULL, LATE_ERROR, KILL, LATE_KILL, TORN }; /* LATE: the call is carried out and then fails */

static long seen, due = -1;
static int kind;

void arm(long at, int how) { seen = 0; due = at; kind = how; }
long calls(void) { return seen; }

static int now(void) { return ++seen == due; }

/* Returns whether the call must be carried out; the caller then asks `after` what to answer. */
static int before(void) {
  if (kind == KILL) raise(SIGKILL);
  if (kind == ERROR) errno = EIO;
  if (kind == FULL) errno = ENOSPC;
  return kind != ERROR && kind != FULL;
}

static long after(long done) {
  if (kind == LATE_KILL || kind == TORN) raise(SIGKILL);
  errno = EIO;
  return kind == LATE_ERROR ? -1 : done;
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define FAULTY(call) (now() ? (before() ? after(call) : -1) : (call))
#define PART(n) (seen == due && kind == TORN ? (n) / 2 : (n))

ssize_t pwrite64(int f, const void *b, size_t n, off64_t o) { REAL(pwrite64); return FAULTY(real(f, b, PART(n), o)); }
ssize_t pwrite(int f, const void *b, size_t n, off_t o) { REAL(pwrite); return FAULTY(real(f, b, PART(n), o)); }
int fdatasync(int f) { REAL(fdatasync); return FAULTY(real(f)); }
int fsync(int f) { REAL(fsync); return FAULTY(real(f)); }
int ftruncate64(int f, off64_t n) { REAL(ftruncate64); return FAULTY(real(f, n)); }
int ftruncate(int f, off_t n) { REAL(ftruncate); return FAULTY(real(f, n)); }
