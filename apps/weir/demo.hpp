#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apps/weir/application.hpp"
#include "apps/weir/demo_text.hpp"
#include "apps/weir/demo_view.hpp"
#include "apps/weir/feed.hpp"
#include "apps/weir/verifier.hpp"

namespace weir::tool {

struct demo_settings {
  double seconds = 30;
  std::uint64_t lines_per_second = 10'000;
  std::chrono::milliseconds interval{500};
};

/// Text flows through word-count; it is killed, comes back, and is counted against `tr | sort | uniq -c` at the end. One thread.
class demo {
public:
  /// True if the counts are equal. Errors: something that should happen did not, with the application's last words.
  static result<bool> run(const demo_settings& settings);

private:
  demo(const demo_settings& settings, temporary_directory directory, shared_page page);
  result<bool> perform();
  result<void> start();
  result<void> kill_it();
  result<void> come_back();
  result<void> drain();
  result<bool> compare_counts();
  result<void> count_independently(word_counts& into) const;

  void committed(const batch_line& batch);
  void done(const batch_line& batch);
  void refresh();
  std::string in_flight() const;
  std::uint64_t on_their_way() const;

  double elapsed() const { return std::chrono::duration<double>(clock::now() - started_at_).count(); }
  bool died() { return application_ && application_->process().ended().has_value(); }
  result<void> step();
  template <class Condition>
  result<void> until(Condition holds, std::chrono::milliseconds limit, const std::string& awaited);
  result<void> flow_until(double at_s);
  tl::unexpected<error> problem(const std::string& failure) const;

  demo_settings settings_;
  temporary_directory directory_;
  shared_page page_;
  demo_text text_;
  sender_feed feed_;
  std::unique_ptr<demo_view> view_;
  clock::time_point started_at_ = clock::now();
  clock::time_point refreshed_at_{};
  std::optional<application> application_;
  std::string url_ = "weir://127.0.0.1:0";
  bool ready_ = false;
  bool may_be_dead_ = false;
  bool first_commit_ = false;                ///< of this process
  std::map<std::int64_t, batch_line> lines_; ///< announced, by batch time, until shown
  std::set<std::int64_t> shown_;
  std::int64_t killed_at_ms_ = 0;
  std::uint64_t committed_records_ = 0;
  demo_status status_;
};

} // namespace weir::tool
