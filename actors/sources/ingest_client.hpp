#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "actors/sources/input_url.hpp"
#include "actors/sources/producer_session.hpp"
#include "libstream/base/error.hpp"

namespace weir::actors {

struct ingest_client_options {
  endpoint server;
  std::string producer;
  int input = 0; ///< descriptor with the records; read to its end, not closed
  std::uint64_t rate =
    0; ///< records a second, of those that the server does not have, open loop: what was missed is made up for; 0 = as fast as possible
  bool append = false;            ///< number on from the server's last record, instead of skipping what the server has
  bool stop_on_interrupt = false; ///< SIGINT ends the run, and stays blocked afterwards
  std::size_t window_bytes = 8 * limits::mib;
  std::size_t pack_bytes = 256 * limits::kib;
  std::chrono::milliseconds welcome_deadline{10'000};  ///< from the attempt to connect to WELCOME
  std::chrono::milliseconds progress_deadline{60'000}; ///< a server that owes an answer for longer is connected to anew
  std::chrono::milliseconds max_back_off{500};
  std::function<void(const producer_session::figures&)> progress; ///< a few times a second
  std::function<void(const std::string&)> notice;                 ///< lost and found connections, as sentences
};

struct ingest_summary {
  producer_session::figures counts;
  std::uint64_t durable_before = 0; ///< the server's last record when the run began
  bool interrupted = false;         ///< by SIGINT, before all was acknowledged
};

/// Sends the input's records to a `weir://` server and returns when all are acknowledged and the goodbye is durable. Waits for the
/// server for ever and connects again whenever the connection breaks. Runs on the calling thread; blocks it.
/// Errors: the server refuses this producer for good (1), the input cannot be read (74), the host is unknown (78).
result<ingest_summary> run_ingest_client(ingest_client_options options);

} // namespace weir::actors
