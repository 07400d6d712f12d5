// SPDX-License-Identifier: GPL-3.0-or-later
// By hand, for scripts/bench --explain. Which instructions a program's busiest thread runs: it is let run for a while, and then
// led on one instruction after the other, from where it first comes to ADDRESS until it has come there ROUNDS times again. Counts
// each address, in hexadecimal, as seen from where the program lies in memory; one that repeats itself counts once.
// Alone with `clock`: cycles a nanosecond, by multiplications that wait for each other: three cycles each on every x86-64 since
// 2008 (AMD: 2017), where additions of constants may cost none at all.
// usage: PROGRAM clock | PROGRAM MILLISECONDS ADDRESS ROUNDS COMMAND [ARGUMENT…]      prints "ADDRESS COUNT"
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <iterator>
#include <string>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unordered_map>

namespace {

/// By this thread's own time, in the middle of many rounds: others may share the core.
int clock_rate() {
  double rates[41];
  const auto now = [] {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
  };
  for (double& rate : rates) {
    constexpr long count = 15'000'000, cycles_each = 3;
    const double start = now();
    long x = 3;
    for (long i = 0; i < count; i += 5)
      asm volatile("imul %0, %0\nimul %0, %0\nimul %0, %0\nimul %0, %0\nimul %0, %0" : "+r"(x));
    rate = count * cycles_each / (now() - start);
  }
  std::sort(std::begin(rates), std::end(rates));
  std::printf("%.3f\n", rates[20]);
  return 0;
}

/// In ticks of the kernel's clock.
long spent(const std::string& task) {
  std::FILE* file = std::fopen((task + "/stat").c_str(), "r");
  if (!file) return -1;
  char text[1024] = {};
  const std::size_t got = std::fread(text, 1, sizeof text - 1, file);
  std::fclose(file);
  const char* rest = got ? std::strrchr(text, ')') : nullptr;
  long user = -1;
  if (rest) std::sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld", &user);
  return user;
}

int busiest(int process) {
  const std::string folder = "/proc/" + std::to_string(process) + "/task";
  int best = process;
  long most = -1;
  if (DIR* tasks = opendir(folder.c_str())) {
    while (const dirent* entry = readdir(tasks)) {
      const long ticks = entry->d_name[0] == '.' ? -1 : spent(folder + "/" + entry->d_name);
      if (ticks > most) most = ticks, best = std::atoi(entry->d_name);
    }
    closedir(tasks);
  }
  return best;
}

unsigned long base(int process) {
  std::FILE* maps = std::fopen(("/proc/" + std::to_string(process) + "/maps").c_str(), "r");
  unsigned long first = 0;
  if (maps) {
    if (std::fscanf(maps, "%lx", &first) != 1) first = 0;
    std::fclose(maps);
  }
  return first;
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "clock") == 0) return clock_rate();
  if (argc < 5) return 2;
  const int process = fork();
  if (process == 0) {
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execvp(argv[4], argv + 4);
    _exit(127);
  }
  usleep(static_cast<useconds_t>(std::atoi(argv[1]) * 1000));
  const int thread = busiest(process);
  const unsigned long from = base(process), turn = std::strtoul(argv[2], nullptr, 16);
  const long rounds = std::atol(argv[3]);
  int status = 0;
  const auto step = [&](__ptrace_request request) {
    return ptrace(request, thread, nullptr, nullptr) == 0 && waitpid(thread, &status, __WALL) == thread && WIFSTOPPED(status);
  };
  std::unordered_map<unsigned long, long> counts;
  bool good = ptrace(PTRACE_SEIZE, thread, nullptr, nullptr) == 0 && step(PTRACE_INTERRUPT);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  unsigned long before = 0;
  for (long round = -1; good && round < rounds; good = good && step(PTRACE_SINGLESTEP) && std::chrono::steady_clock::now() < end) {
    const auto at = static_cast<unsigned long>(ptrace(PTRACE_PEEKUSER, thread, offsetof(user, regs.rip), nullptr)) - from;
    round += at == turn;
    if (round >= 0 && round < rounds && at != before) ++counts[at];
    before = at;
  }
  kill(process, SIGKILL);
  for (const auto& [address, count] : counts) std::printf("%lx %ld\n", address, count);
  return good ? 0 : 1;
}
