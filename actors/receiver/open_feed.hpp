#pragma once

#include "actors/application/application_services.hpp"
#include "actors/node/node_services.hpp"

namespace weir::actors {

/// Whether an input has a feed, as opposed to a port or a directory.
inline bool has_feed(const input_url& input) {
  using enum input_url::kind;
  return input.what() == tcp_client || input.what() == generate || input.what() == stream;
}

/// Opens the feed of an input: what `node_services::open_feed` is in a real process.
result<std::unique_ptr<feed>> open_feed(const application_services& application, const node_services& node,
                                        input_id input, std::shared_ptr<feed_listener> listener);

} // namespace weir::actors
