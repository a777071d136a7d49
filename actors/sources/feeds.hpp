#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "actors/sources/feed.hpp"
#include "actors/sources/input_url.hpp"
#include "actors/sources/text_generator.hpp"

namespace weir::actors {

/// What feeds are held to.
struct feed_options {
  std::uint64_t budget_bytes = 0; ///< handed over and not released; beyond it nothing is read or made
  std::size_t max_record_bytes = 0;
  std::chrono::milliseconds restart_delay{2'000};
  std::function<std::uint64_t()> random; ///< any thread
};

/// A client of the server behind `tcp://HOST:PORT`, on a thread of its own: reads lines, connects again when the connection ends
/// or cannot be made. What was read and not logged when the process ends is lost: the server cannot know.
std::unique_ptr<feed> open_tcp_feed(const endpoint& where, const feed_options&, std::shared_ptr<feed_listener>);

/// Makes the lines of a `generate://` URL, on a thread of its own, numbered by the producer "generate", so that after a restart it goes
/// on behind the last line that is durable. With a rate, lines fall due at fixed times from `begin` on (open loop).
std::unique_ptr<feed> open_generator_feed(const generator_options& lines, const feed_options&,
                                          std::shared_ptr<feed_listener>);

/// The producer of generated lines.
inline constexpr const char* generator_producer = "generate";

/// What a `generate://` input is called in the data directory: what its lines depend on, however the URL is written.
std::string generator_name(const generator_options& lines);

} // namespace weir::actors
