#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "actors/monitor/composite_journal.hpp"
#include "actors/runtime/actor_runtime.hpp"
#include "libstream/api/dstream.hpp"
#include "tests/unit/actors/sources/temporary_directory.hpp"

/// A context on the real runtime, with a directory as its input and with what it prints.
namespace weir::actors::testing_contexts {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

inline constexpr auto patience = 60s;

/// Collects what is printed; may be made to block.
class printer {
public:
  result<void> print(std::string_view text) {
    std::unique_lock guard{mutex_};
    text_ += text;
    changed_.notify_all();
    changed_.wait(guard, [this] { return !blocked_; });
    return {};
  }
  void block(bool blocked) {
    std::lock_guard guard{mutex_};
    blocked_ = blocked;
    changed_.notify_all();
  }
  void await(const std::string& words) {
    std::unique_lock guard{mutex_};
    REQUIRE(changed_.wait_for(guard, patience, [&] { return text_.find(words) != std::string::npos; }));
  }
  std::string text() {
    std::lock_guard guard{mutex_};
    return text_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool blocked_ = false;
  std::string text_;
};

struct fixture {
  testing::temporary_directory directory;
  std::shared_ptr<printer> printed = std::make_shared<printer>();
  runtime_options options;

  fixture() {
    fs::create_directory(directory.path() + "/in");
    options.application = "tested";
    options.journal = std::make_shared<composite_journal>(std::vector<std::shared_ptr<journal>>{});
    options.settings.inputs = {*parse_input_url("file://" + directory.path() + "/in")};
    options.settings.batch_interval = options.settings.block_interval = 10ms;
    options.settings.executors = 1;
    options.print = [printed = printed](std::string_view text) { return printed->print(text); };
  }
  void write(const std::string& name, const std::string& text) {
    auto file = directory.write("." + name, text);
    fs::rename(file, directory.path() + "/in/" + name);
  }
  std::string data_dir() const { return directory.path() + "/data"; }
  std::shared_ptr<runtime> drive() const { return std::make_shared<actor_runtime>(options); }
};

inline void echo(stream_context& ctx) { ctx.text_input().named("lines").print(1000); }

} // namespace weir::actors::testing_contexts
