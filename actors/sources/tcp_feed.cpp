// On a record's way, step 1 of 11: bytes that a server sends become whole lines. To receiver/own_feed.
#include <atomic>
#include <thread>
#include <vector>

#include "actors/asio.hpp"
#include "actors/quiet_thread.hpp"
#include "actors/sources/feeds.hpp"
#include "actors/sources/paced_lines.hpp"
#include "actors/sources/retry_pause.hpp"
#include "libstream/base/token_bucket.hpp"

namespace weir::actors {

namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t read_bytes = 128 * limits::kib;
constexpr std::chrono::seconds connect_limit{10};
/// Between two looks at the rate.
constexpr token_bucket::duration shortest_pause{5'000};
/// The same trouble is told again after this long.
constexpr std::chrono::seconds between_warnings{30};

/// One client and its thread. Everything but the counters lives on the thread.
class tcp_feed final : public feed {
public:
  tcp_feed(const endpoint& where, const feed_options& options, std::shared_ptr<feed_listener> listener)
    : where_{where},
      options_{options},
      listener_{std::move(listener)},
      pause_{options.restart_delay},
      cutter_{options.max_record_bytes},
      work_{asio::make_work_guard(context_)},
      into_(read_bytes) {
    thread_ = start_quiet_thread([this] { context_.run(); });
  }

  ~tcp_feed() override {
    work_.reset();
    context_.stop();
    thread_.join();
  }

  void begin(std::uint64_t) override {
    asio::post(context_, [this] { connect(); });
  }
  void release(std::uint64_t bytes) override {
    asio::post(context_, [this, bytes] { released(bytes); });
  }
  void limit(std::uint64_t records_per_s) override {
    asio::post(context_, [this, records_per_s] {
      bucket_.set_rate(records_per_s, steady::now());
      hand_over_some();
    });
  }
  void stop() override {
    asio::post(context_, [this] { end(); });
  }
  std::uint64_t connections() const override { return connected_ ? 1 : 0; }
  bool at_rest() override { return received_.exchange(0) == 0 && !waiting_ && !lines_wait_ && has_peer_; }

private:
  void connect();
  void resolved(const io_error& failure, const tcp::resolver::results_type& addresses);
  void connected(const io_error& failure);
  void read();
  void arrived(const io_error& failure, std::size_t bytes);
  void take(line_cutter::lines lines);
  void hand_over_some();
  void hand_over(line_cutter::lines lines);
  void released(std::uint64_t bytes);
  void look_again();
  void lost(const std::string& why);
  void warn(const std::string& sentence);
  void report_skipped();
  void end();
  std::string name() const { return "tcp://" + where_.text(); }

  const endpoint where_;
  const feed_options options_;
  const std::shared_ptr<feed_listener> listener_;
  retry_pause pause_;
  line_cutter cutter_;
  paced_lines lines_; ///< read, and not handed over yet
  token_bucket bucket_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  tcp::resolver resolver_{context_};
  tcp::socket socket_{context_};
  asio::steady_timer timer_{context_};
  asio::steady_timer pace_timer_{context_};
  asio::steady_timer skip_timer_{context_};
  std::vector<char> into_;
  std::uint64_t held_ = 0;
  bool pace_timer_runs_ = false;
  bool ended_ = false;
  bool told_ = false;
  std::uint64_t told_skipped_ = 0;
  bool skip_report_comes_ = false;
  std::string last_warning_;
  steady::time_point warned_at_;
  std::atomic<std::uint64_t> received_{0}; ///< since at_rest was asked
  std::atomic<bool> waiting_{false};       ///< to read on: for room, or until its lines have been handed over
  std::atomic<bool> lines_wait_{false};
  std::atomic<bool> connected_{false};
  std::atomic<bool> has_peer_{false}; ///< connected, or closed in order by a server that has said all
  std::thread thread_;
};

void tcp_feed::connect() {
  if (ended_)
    return;
  timer_.expires_after(connect_limit);
  timer_.async_wait([this](const io_error& stopped) {
    if (stopped)
      return;
    resolver_.cancel();
    io_error ignored;
    socket_.close(ignored);
  });
  resolver_.async_resolve(
    where_.host, std::to_string(where_.port),
    [this](const io_error& failure, const tcp::resolver::results_type& addresses) { resolved(failure, addresses); });
}

void tcp_feed::resolved(const io_error& failure, const tcp::resolver::results_type& addresses) {
  if (ended_)
    return;
  if (failure)
    return lost("cannot find the host: " + failure.message());
  asio::async_connect(socket_, addresses,
                      [this](const io_error& refused, const tcp::endpoint&) { connected(refused); });
}

void tcp_feed::connected(const io_error& failure) {
  if (ended_)
    return;
  timer_.cancel();
  if (failure)
    return lost(failure == asio::error::operation_aborted ? "no answer" : "cannot connect: " + failure.message());
  if (is_connected_to_itself(socket_))
    return lost("cannot connect: nobody listens there");
  io_error ignored;
  socket_.set_option(asio::socket_base::keep_alive{true}, ignored); // a silent peer that is gone is found out
  if (!last_warning_.empty())
    listener_->recovery(name() + ": connected again");
  last_warning_.clear();
  connected_ = has_peer_ = true;
  read();
}

void tcp_feed::read() {
  if (ended_)
    return;
  waiting_ = !lines_.empty() || held_ >= options_.budget_bytes;
  if (waiting_)
    return;
  socket_.async_read_some(asio::buffer(into_),
                          [this](const io_error& failure, std::size_t bytes) { arrived(failure, bytes); });
}

void tcp_feed::arrived(const io_error& failure, std::size_t bytes) {
  if (ended_)
    return;
  if (bytes > 0) {
    received_ += bytes;
    pause_.succeeded();
    take(cutter_.add({into_.data(), bytes}));
  }
  if (failure == asio::error::eof)
    take(cutter_.finish());
  report_skipped();
  if (failure && failure != asio::error::eof)
    has_peer_ = false;
  if (failure)
    return lost(failure == asio::error::eof ? "the server has closed the connection"
                                            : "the connection broke: " + failure.message());
  read();
}

void tcp_feed::take(line_cutter::lines lines) {
  lines_.add(std::move(lines));
  hand_over_some();
}

/// As many lines as the rate allows; a timer looks after the others.
void tcp_feed::hand_over_some() {
  if (ended_)
    return;
  auto now = steady::now();
  while (!lines_.empty()) {
    auto allowed = bucket_.available(now);
    if (allowed == 0)
      break;
    auto lines = lines_.next(allowed);
    bucket_.take(lines.count, now);
    hand_over(std::move(lines));
  }
  lines_wait_ = !lines_.empty();
  if (!lines_wait_)
    return look_again();
  if (std::exchange(pace_timer_runs_, true))
    return;
  pace_timer_.expires_after(std::max(shortest_pause, bucket_.wait(now)));
  pace_timer_.async_wait([this](const io_error& stopped) {
    pace_timer_runs_ = false;
    if (!stopped)
      hand_over_some();
  });
}

void tcp_feed::hand_over(line_cutter::lines lines) {
  fed_records records;
  records.count = lines.count;
  records.held = lines.bytes->size() + fed_overhead_bytes;
  records.bytes = std::move(lines.bytes);
  held_ += records.held;
  listener_->records(std::move(records));
}

void tcp_feed::released(std::uint64_t bytes) {
  held_ -= std::min(held_, bytes);
  look_again();
}

void tcp_feed::look_again() {
  if (waiting_.exchange(false))
    read();
}

void tcp_feed::lost(const std::string& why) {
  timer_.cancel();
  cutter_.abandon();
  connected_ = false;
  io_error ignored;
  socket_.close(ignored);
  auto pause = pause_.next(options_.random());
  warn(why + "; trying again");
  timer_.expires_after(pause);
  timer_.async_wait([this](const io_error& stopped) {
    if (!stopped)
      connect();
  });
}

void tcp_feed::warn(const std::string& sentence) {
  auto now = steady::now();
  if (sentence == last_warning_ && now - warned_at_ < between_warnings)
    return;
  last_warning_ = sentence;
  warned_at_ = now;
  listener_->warning(name() + ": " + sentence);
}

/// The first at once, then together what has come meanwhile.
void tcp_feed::report_skipped() {
  if (skip_report_comes_ || cutter_.skipped() == told_skipped_)
    return;
  listener_->warning(name() + ": skipped " + std::to_string(cutter_.skipped() - told_skipped_) +
                     " records longer than max_record_bytes (" + std::to_string(options_.max_record_bytes) + ")");
  told_skipped_ = cutter_.skipped();
  skip_report_comes_ = true;
  skip_timer_.expires_after(between_warnings);
  skip_timer_.async_wait([this](const io_error& stopped) {
    skip_report_comes_ = false;
    if (!stopped)
      report_skipped();
  });
}

void tcp_feed::end() {
  ended_ = true;
  connected_ = false;
  resolver_.cancel();
  timer_.cancel();
  pace_timer_.cancel();
  while (!lines_.empty()) // the server will not say them again
    hand_over(lines_.next(token_bucket::unlimited));
  lines_wait_ = false;
  io_error ignored;
  socket_.close(ignored);
  skip_report_comes_ = false;
  report_skipped();
  skip_timer_.cancel();
  if (!std::exchange(told_, true))
    listener_->stopped();
}

} // namespace

std::unique_ptr<feed> open_tcp_feed(const endpoint& where, const feed_options& options,
                                    std::shared_ptr<feed_listener> listener) {
  return std::make_unique<tcp_feed>(where, options, std::move(listener));
}

} // namespace weir::actors
