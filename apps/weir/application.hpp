#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "actors/monitor/chaos_page.hpp"
#include "apps/weir/subprocess.hpp"

/// An application that the tool runs and listens to.
namespace weir::tool {

/// What an application's JSON log says about a batch; times as the journal gives them.
struct batch_line {
  std::uint64_t batch = 0;
  std::int64_t time_ms = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::int64_t processing_us = 0;
  std::int64_t total_delay_us = 0;
};

/// What is done with the lines as they come; each may be empty.
struct application_listener {
  std::function<void(const std::string& url)> ready;
  std::function<void(const batch_line&)> committed;
  std::function<void(const batch_line&)> done;
};

/// The page of memory that an application shares with whoever experiments on it; see chaos_page.hpp.
class shared_page {
public:
  static result<shared_page> make();
  shared_page(shared_page&& other) noexcept
    : file_{std::move(other.file_)}, page_{std::exchange(other.page_, nullptr)} {}
  ~shared_page();

  int file() const { return file_.get(); }
  /// Before a start: nothing is open, and `point` kills after `countdown` passes; empty = none.
  void arm(const std::string& point, std::int64_t countdown);
  bool hit() const { return page_->hit.load() != 0; }
  bool is_open(actors::phase where) const { return page_->open[static_cast<int>(where)].load() > 0; }
  /// Batches (receiving: inputs) that stand there, now or when the application died.
  int open(actors::phase where) const { return page_->open[static_cast<int>(where)].load(); }

private:
  shared_page() = default;
  descriptor file_;
  actors::chaos_page* page_ = nullptr;
};

/// One process of an application, with `--log-format json` among its arguments.
class application {
public:
  /// Starts `arguments[0]` (a sibling program) with the page, if there is one.
  static result<application> start(std::vector<std::string> arguments, const shared_page* page,
                                   application_listener listener);

  subprocess& process() { return process_; }
  pid_t pid() const { return process_.pid(); }
  clock::time_point started_at() const { return started_at_; }

  /// Tells the listener what has been written since. Never blocks. Call often, and once more after the end.
  void listen();
  /// The last lines of its standard error, indented, for an error's text.
  std::string tail() const;

private:
  application(subprocess process, application_listener listener)
    : process_{std::move(process)}, listener_{std::move(listener)}, started_at_{clock::now()} {}
  void hear(const std::string& line);

  subprocess process_;
  application_listener listener_;
  clock::time_point started_at_;
  std::string unfinished_;
  std::vector<std::string> tail_; ///< lines that are not about single batches, and warnings
};

} // namespace weir::tool
