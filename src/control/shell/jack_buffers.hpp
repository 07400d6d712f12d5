// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. The one call to libjack from the callback.
#pragma once
#include <chronus/realtime.hpp>
#include <jack/jack.h>

namespace chronus::control {

#if defined(__clang__) && __clang_major__ >= 20
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wfunction-effects"
#endif
/// libjack's headers do not say that this neither waits nor allocates; its documentation does.
inline float* port_buffer(jack_port_t* port, jack_nframes_t frames) noexcept CHRONUS_REALTIME {
  return static_cast<float*>(jack_port_get_buffer(port, frames));
}
#if defined(__clang__) && __clang_major__ >= 20
#pragma clang diagnostic pop
#endif

} // namespace chronus::control
