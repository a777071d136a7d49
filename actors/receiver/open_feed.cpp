#include "actors/receiver/open_feed.hpp"

#include "actors/receiver/live_feed.hpp"
#include "actors/sources/feeds.hpp"

namespace weir::actors {

result<std::unique_ptr<feed>> open_feed(const application_services& application, const node_services& node,
                                        input_id input, std::shared_ptr<feed_listener> listener) {
  auto& url = application.settings.inputs[input.value];
  feed_options options;
  options.budget_bytes = application.settings.max_receiver_bytes;
  options.max_record_bytes = application.settings.max_record_bytes;
  options.restart_delay = application.settings.receiver_restart_delay;
  options.random = node.random;
  if (url.what() == input_url::kind::tcp_client) {
    auto where = parse_endpoint(url.address());
    if (!where)
      return tl::make_unexpected(where.error());
    return open_tcp_feed(*where, options, std::move(listener));
  }
  if (url.what() == input_url::kind::generate) {
    auto lines = parse_generator_options(url.query());
    if (!lines)
      return tl::make_unexpected(lines.error());
    return open_generator_feed(*lines, options, std::move(listener));
  }
  if (url.what() == input_url::kind::stream) {
    auto& source = application.plan->receivers()[url.source() - 1].source;
    return open_live_feed(source, input.value, url.text(), options, node.workers->make(live_worker_name(input.value)),
                          std::move(listener));
  }
  return fail(error_code::usage, "the input has no feed", url.text());
}

} // namespace weir::actors
