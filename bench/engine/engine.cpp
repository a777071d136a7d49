#include "bench/engine/engine.hpp"

#include <stdexcept>

#include "actors/runtime/setting_values.hpp"

namespace weir::bench {

namespace {

constexpr std::chrono::seconds patience{60};

std::int64_t wall_us() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

} // namespace

class engine::watcher final : public actors::journal {
public:
  void input_bound(const std::string& url) override {
    std::lock_guard guard{mutex_};
    bound_ = url;
    changed_.notify_all();
  }
  void batch_committed(const actors::batch_summary& summary) override {
    auto now = std::chrono::steady_clock::now();
    std::lock_guard guard{mutex_};
    batches_.push_back({now, wall_us(), summary, records_});
    records_ += summary.records;
    changed_.notify_all();
  }
  void batch_done(batch_id, std::int64_t) override {}
  void actor_restarted(const actors::address& who, const std::string& reason) override {
    complain(to_string(who) + " restarted: " + reason);
  }
  void warning(const std::string& sentence) override { complain(sentence); }
  void detail(const std::string&) override {}

  result<void> print(std::string_view text) {
    std::lock_guard guard{mutex_};
    printed_.emplace_back(text);
    return {};
  }

  template <class Condition>
  bool wait_for(std::chrono::milliseconds limit, Condition condition) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, limit, [&] { return condition(*this); });
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string bound_;
  std::deque<seen_batch> batches_;
  std::uint64_t records_ = 0;
  std::deque<std::string> printed_;
  std::string complaint_;

private:
  void complain(const std::string& sentence) {
    std::lock_guard guard{mutex_};
    if (complaint_.empty())
      complaint_ = sentence;
    changed_.notify_all();
  }
};

engine::engine(const application& build, engine_options options) : watcher_{std::make_shared<watcher>()} {
  actors::runtime_options with;
  with.application = "bench";
  with.data_dir = options.data_dir;
  with.partitions = 2 * options.executors;
  with.settings.executors = options.executors;
  with.settings.batch_interval = options.batch_interval;
  for (auto& url : options.inputs)
    with.settings.inputs.push_back(actors::parse_input_url(url).value());
  if (options.budgets_of_limit)
    if (auto applied = actors::setting_values{}.apply(with.settings, with.partitions); !applied)
      throw std::runtime_error{applied.error().message()};
  with.journal = watcher_;
  with.ingest = options.feed;
  with.files = options.files;
  with.print = [watcher = watcher_](std::string_view text) { return watcher->print(text); };
  context_ = std::make_unique<stream_context>(weir::print(options.shown));
  build(*context_);
  runtime_ = std::make_shared<actors::actor_runtime>(std::move(with));
  if (auto started = context_->start(runtime_); !started)
    throw std::runtime_error{started.error().message()};
}

engine::~engine() {
  if (!ended_)
    (void)context_->stop(false);
  runtime_->await(std::chrono::milliseconds{0}).map([](bool) {});
}

void engine::check() {
  auto ended = context_->await_termination_or_timeout(std::chrono::milliseconds{0});
  if (!ended)
    throw std::runtime_error{ended.error().message()};
  std::lock_guard guard{watcher_->mutex_};
  if (!watcher_->complaint_.empty())
    throw std::runtime_error{watcher_->complaint_};
}

void engine::await(const std::function<bool()>& done, std::chrono::seconds limit) {
  auto deadline = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    check();
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error{"nothing more happened within " + std::to_string(limit.count()) + " s"};
    auto seen = watcher_->wait_for(std::chrono::milliseconds{0}, [](auto&) { return true; }) ? batches().size() : 0;
    watcher_->wait_for(std::chrono::milliseconds{50}, [&](auto& w) { return w.batches_.size() > seen; });
  }
}

void engine::await_batches(std::size_t count) {
  while (!watcher_->wait_for(std::chrono::milliseconds{500}, [&](auto& w) { return w.batches_.size() >= count; }))
    check();
}

void engine::await_records(std::uint64_t count, std::chrono::seconds limit) {
  auto deadline = std::chrono::steady_clock::now() + limit;
  while (!watcher_->wait_for(std::chrono::milliseconds{500}, [&](auto& w) { return w.records_ >= count; })) {
    check();
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error{"not all records were committed within " + std::to_string(limit.count()) + " s"};
  }
}

std::string engine::await_input() {
  if (!watcher_->wait_for(patience, [](auto& w) { return !w.bound_.empty(); }))
    throw std::runtime_error{"the input was not bound"};
  return watcher_->bound_;
}

void engine::finish() {
  context_->drain();
  auto over = context_->await_termination_or_timeout(patience);
  ended_ = true;
  if (!over)
    throw std::runtime_error{over.error().message()};
  if (!*over)
    throw std::runtime_error{"the application did not drain"};
  std::lock_guard guard{watcher_->mutex_};
  if (!watcher_->complaint_.empty())
    throw std::runtime_error{watcher_->complaint_};
}

std::vector<seen_batch> engine::batches() const {
  std::lock_guard guard{watcher_->mutex_};
  return {watcher_->batches_.begin(), watcher_->batches_.end()};
}

std::map<std::int64_t, std::vector<std::string>> engine::shown() const {
  std::lock_guard guard{watcher_->mutex_};
  std::map<std::int64_t, std::vector<std::string>> found;
  for (std::string_view text : watcher_->printed_) {
    std::vector<std::string>* lines = nullptr;
    while (!text.empty()) {
      auto line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      if (line.starts_with("Time: "))
        lines = &found[std::stoll(std::string{line.substr(6)})];
      else if (lines && !line.empty() && !line.starts_with("----") && !line.starts_with("Output: "))
        lines->emplace_back(line);
    }
  }
  return found;
}

} // namespace weir::bench
