// SPDX-License-Identifier: GPL-3.0-or-later
// A JACK client for scripts/bench, no part of the program: tells when a port begins to sound.
// usage: bench_onset PORT    prints "ready", then a line for each time that the port sounds after 20 silent cycles: when that cycle
// began, ns of CLOCK_MONOTONIC. Until it is killed.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <jack/jack.h>
#include <jack/ringbuffer.h>
#include <thread>

namespace {

struct Onsets {
  jack_port_t* port = nullptr;
  jack_ringbuffer_t* times = nullptr; ///< callback → main
  int silent = 0;                     ///< cycles
};

int on_process(jack_nframes_t frames, void* self) {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  Onsets& o = *static_cast<Onsets*>(self);
  const auto* x = static_cast<const float*>(jack_port_get_buffer(o.port, frames));
  const bool sounds = std::any_of(x, x + frames, [](float v) { return v != 0; });
  if (sounds && o.silent >= 20) {
    const std::int64_t ns = now.tv_sec * 1'000'000'000LL + now.tv_nsec;
    jack_ringbuffer_write(o.times, reinterpret_cast<const char*>(&ns), sizeof ns);
  }
  o.silent = sounds ? 0 : o.silent + 1;
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Onsets o;
  jack_client_t* client = jack_client_open("onset", JackNoStartServer, nullptr);
  if (!client) return 3;
  o.port = jack_port_register(client, "in", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
  o.times = jack_ringbuffer_create(65536);
  jack_set_process_callback(client, on_process, &o);
  if (jack_activate(client) != 0 || jack_connect(client, argv[1], jack_port_name(o.port)) != 0) return 1;
  std::puts("ready");
  std::fflush(stdout);
  for (std::int64_t ns;;) {
    while (jack_ringbuffer_read_space(o.times) >= sizeof ns) {
      jack_ringbuffer_read(o.times, reinterpret_cast<char*>(&ns), sizeof ns);
      std::printf("%lld\n", static_cast<long long>(ns));
      std::fflush(stdout);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}
