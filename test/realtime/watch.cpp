// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. See watch.hpp. Everything here must work before main and inside malloc itself.
#include "watch.hpp"
#include <atomic>
#include <chronus/realtime.hpp>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

__thread int depth __attribute__((tls_model("initial-exec"))) = 0;
std::atomic<std::uint64_t> hits{0}, entered{0};
char names[512];
std::atomic_flag writing = ATOMIC_FLAG_INIT;

void seen(const char* name) {
  if (depth == 0) return;
  hits.fetch_add(1);
  while (writing.test_and_set()) {}
  if (!std::strstr(names, name) && std::strlen(names) + std::strlen(name) + 2 < sizeof names) {
    std::strcat(names, name);
    std::strcat(names, " ");
  }
  writing.clear();
}

template <class F> F* real(F*& f, const char* name) {
  if (!f) f = reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
  return f;
}

} // namespace

namespace chronus::test {
std::uint64_t violations() { return hits.load(); }
std::uint64_t sections() { return entered.load(); }
const char* violators() { return names; }
} // namespace chronus::test

extern "C" {

void chronus_realtime_enter() noexcept {
  ++depth;
  entered.fetch_add(1, std::memory_order_relaxed);
}
void chronus_realtime_leave() noexcept { --depth; }

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t n) { return seen("malloc"), __libc_malloc(n); }
void* calloc(std::size_t n, std::size_t m) { return seen("calloc"), __libc_calloc(n, m); }
void* realloc(void* p, std::size_t n) { return seen("realloc"), __libc_realloc(p, n); }
void* memalign(std::size_t a, std::size_t n) { return seen("memalign"), __libc_memalign(a, n); }
void* aligned_alloc(std::size_t a, std::size_t n) { return seen("aligned_alloc"), __libc_memalign(a, n); }
int posix_memalign(void** p, std::size_t a, std::size_t n) {
  seen("posix_memalign");
  *p = __libc_memalign(a, n);
  return *p ? 0 : 12;
}
void free(void* p) {
  if (p) seen("free");
  __libc_free(p);
}

#define WATCHED(result, name, parameters, arguments)                                                                                \
  result name parameters {                                                                                                          \
    static result(*f) parameters;                                                                                                   \
    seen(#name);                                                                                                                    \
    return real(f, #name) arguments;                                                                                                \
  }
WATCHED(int, pthread_mutex_lock, (pthread_mutex_t * m), (m))
WATCHED(int, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t* m), (c, m))
WATCHED(int, sem_wait, (sem_t * s), (s))
WATCHED(int, sem_clockwait, (sem_t * s, clockid_t c, const timespec* t), (s, c, t))
WATCHED(ssize_t, read, (int fd, void* to, std::size_t n), (fd, to, n))
WATCHED(ssize_t, write, (int fd, const void* from, std::size_t n), (fd, from, n))
WATCHED(int, nanosleep, (const timespec* t, timespec* left), (t, left))
WATCHED(int, clock_nanosleep, (clockid_t c, int flags, const timespec* t, timespec* left), (c, flags, t, left))
WATCHED(void*, mmap, (void* at, std::size_t n, int protection, int flags, int fd, off_t offset), (at, n, protection, flags, fd, offset))
WATCHED(int, munmap, (void* at, std::size_t n), (at, n))
WATCHED(int, pthread_create, (pthread_t * t, const pthread_attr_t* a, void* (*f_)(void*), void* x), (t, a, f_, x))
}
