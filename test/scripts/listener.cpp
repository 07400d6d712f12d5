// SPDX-License-Identifier: GPL-3.0-or-later
// A JACK client for tests, no part of the program. Writes what it hears bit for bit, as raw interleaved floats.
// usage: listener FILE SECONDS PORT...    waits for the ports, prints "ready", then "lost N" at the end
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <jack/jack.h>
#include <jack/ringbuffer.h>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Listener {
  jack_client_t* client = nullptr;
  std::vector<jack_port_t*> ports;
  jack_ringbuffer_t* ring = nullptr; ///< frames, callback → main
  jack_ringbuffer_t* news = nullptr; ///< one byte for each cycle that did not fit, or did not follow the one before
  jack_nframes_t expected = 0;
  bool started = false;
};

int on_process(jack_nframes_t frames, void* self) {
  Listener& l = *static_cast<Listener*>(self);
  const jack_nframes_t now = jack_last_frame_time(l.client);
  const std::size_t bytes = frames * l.ports.size() * sizeof(float);
  const char lost = 1;
  if ((l.started && now != l.expected) || jack_ringbuffer_write_space(l.ring) < bytes) jack_ringbuffer_write(l.news, &lost, 1);
  l.started = true;
  l.expected = now + frames;
  if (jack_ringbuffer_write_space(l.ring) < bytes) return 0;
  for (jack_nframes_t i = 0; i < frames; ++i)
    for (jack_port_t* port : l.ports)
      jack_ringbuffer_write(l.ring, reinterpret_cast<const char*>(static_cast<float*>(jack_port_get_buffer(port, frames)) + i), sizeof(float));
  return 0;
}

bool wire(Listener& l, const char* from, jack_port_t* to) {
  for (int tries = 0; tries < 500; ++tries) {
    if (jack_port_by_name(l.client, from) && jack_connect(l.client, from, jack_port_name(to)) == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  Listener l;
  l.client = jack_client_open("listener", JackNoStartServer, nullptr);
  if (!l.client) return 3;
  const double rate = jack_get_sample_rate(l.client);
  for (int i = 3; i < argc; ++i)
    l.ports.push_back(jack_port_register(l.client, ("in_" + std::to_string(i - 2)).c_str(), JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0));
  l.ring = jack_ringbuffer_create(static_cast<std::size_t>(8 * rate) * l.ports.size() * sizeof(float));
  l.news = jack_ringbuffer_create(65536);
  jack_set_process_callback(l.client, on_process, &l);
  if (jack_activate(l.client) != 0) return 1;
  for (std::size_t i = 0; i < l.ports.size(); ++i)
    if (!wire(l, argv[i + 3], l.ports[i])) return 1;
  std::puts("ready");
  std::fflush(stdout);

  std::FILE* file = std::fopen(argv[1], "wb");
  if (!file) return 1;
  const auto wanted = static_cast<std::size_t>(std::atof(argv[2]) * rate) * l.ports.size() * sizeof(float);
  std::vector<char> chunk(1 << 16);
  int idle = 0;
  for (std::size_t got = 0; got < wanted && idle < 300;) {
    const std::size_t n = jack_ringbuffer_read(l.ring, chunk.data(), chunk.size());
    if (n == 0) {
      ++idle;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      continue;
    }
    idle = 0;
    std::fwrite(chunk.data(), 1, n, file);
    got += n;
  }
  std::fclose(file);
  std::printf("lost %zu\n", jack_ringbuffer_read_space(l.news));
  jack_client_close(l.client);
  return 0;
}
