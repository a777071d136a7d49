#include "actors/sources/ingest_client.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <memory>
#include <netinet/tcp.h>
#include <optional>

#include "actors/asio.hpp"
#include "actors/sources/record_source.hpp"
#include "libstream/base/text.hpp"

namespace weir::actors {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds first_back_off{10};
constexpr std::chrono::milliseconds tick_interval{50};
constexpr std::chrono::milliseconds progress_interval{250};
/// Packs that are dropped because they are durable before the event loop has its turn.
constexpr int packs_in_a_row = 64;
constexpr const char* client_name = "weir send";

/// For the calling thread, and for threads that it starts; returns what was blocked before.
sigset_t block_interrupt() {
  sigset_t interrupt, before;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &interrupt, &before);
  return before;
}

/// A frame on its way out, kept until the socket has taken it.
struct frame_in_flight {
  std::string head; ///< the header, and the payload of a HELLO
  data::buffer_handle bytes;
};

frame_in_flight encode(const outgoing& frame) {
  if (frame.type == frame_type::hello)
    return {encode_hello(frame.producer, client_name), nullptr};
  auto payload = frame.bytes ? frame.bytes->view() : std::string_view{};
  auto header = encode_header(frame.type, frame.sequence, frame.count, payload);
  return {std::string{header.data(), header.size()}, frame.bytes};
}

/// The event loop around a producer_session: it moves bytes and time, the session decides. Every handler carries the number of the
/// connection for which it was made; those of earlier connections do nothing.
class ingest_client {
public:
  explicit ingest_client(ingest_client_options options)
    : options_{std::move(options)},
      session_{options_.producer, options_.window_bytes,
               options_.append ? producer_session::numbering::behind_the_server
                               : producer_session::numbering::from_one},
      resolver_{io_},
      socket_{io_},
      back_off_timer_{io_},
      tick_timer_{io_},
      signals_{io_},
      source_{io_, options_.input, options_.rate, [this] { pump(); }} {}

  result<ingest_summary> run();

private:
  using generation = std::uint64_t;

  // Connecting.
  void resolve();
  void connect(const tcp::resolver::results_type& candidates, tcp::resolver::results_type::const_iterator next);
  void connected();
  void disconnect(const std::string& why);
  void retry_later(const std::string& why);
  void speed_up();

  // Writing.
  void pump();
  bool feed();
  void write(const outgoing& frame);

  // Reading.
  void read_frame();
  void header_read();
  void frame_read(const frame_header& header);
  void welcomed(const frame_header& header);
  void refused(const frame_header& header);
  template <class Handler>
  void read_exactly(char* into, std::size_t bytes, Handler handler);

  void tick();
  void fail_with(error reason);
  void finish_if(result<void> step);
  std::string where() const { return "weir://" + options_.server.text(); }

  ingest_client_options options_;
  producer_session session_;
  asio::io_context io_{1};
  tcp::resolver resolver_;
  tcp::socket socket_;
  asio::steady_timer back_off_timer_;
  asio::steady_timer tick_timer_;
  asio::signal_set signals_;
  record_source source_;

  generation connection_ = 0;
  bool online_ = false;
  bool writing_ = false;
  bool was_resolved_ = false;
  bool notified_ = false; ///< that there is no connection
  std::chrono::milliseconds back_off_ = first_back_off;
  clock::time_point attempt_began_;
  clock::time_point last_heard_;
  clock::time_point last_progress_;
  frame_header_buffer header_bytes_{};
  std::string payload_;
  std::optional<error> failure_;
  ingest_summary summary_;
};

result<ingest_summary> ingest_client::run() {
  if (options_.stop_on_interrupt) {
    signals_.add(SIGINT);
    signals_.async_wait([this](io_error failure, int) {
      if (failure)
        return;
      summary_.interrupted = !session_.finished();
      // Who sends it twice still gets the summary.
      block_interrupt();
      io_.stop();
    });
  }
  resolve();
  tick();
  io_.run();
  if (failure_)
    return tl::make_unexpected(*failure_);
  summary_.counts = session_.counts();
  summary_.durable_before = session_.durable_before();
  return summary_;
}

// -- connecting ------------------------------------------------------------------------------------------------------------

void ingest_client::resolve() {
  attempt_began_ = clock::now();
  // Asio resolves on a thread of its own, which must not be the one that a signal hits.
  auto before = block_interrupt();
  resolver_.async_resolve(
    options_.server.host, std::to_string(options_.server.port),
    [this, mine = ++connection_](io_error failure, const tcp::resolver::results_type& addresses) {
      if (mine != connection_)
        return;
      if (failure && !was_resolved_ && failure == asio::error::host_not_found)
        return fail_with({weir::error_code::configuration, "unknown host", where(), "check the name"});
      if (failure)
        return retry_later(failure.message());
      was_resolved_ = true;
      connect(addresses, addresses.begin());
    });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void ingest_client::connect(const tcp::resolver::results_type& candidates,
                            tcp::resolver::results_type::const_iterator next) {
  socket_ = tcp::socket{io_};
  socket_.async_connect(next->endpoint(), [this, mine = connection_, candidates, next](io_error failure) mutable {
    if (mine != connection_)
      return;
    if (!failure && is_connected_to_itself(socket_))
      failure = asio::error::connection_refused;
    if (!failure)
      return connected();
    if (++next != candidates.end())
      return connect(candidates, next);
    retry_later(failure.message());
  });
}

void ingest_client::connected() {
  online_ = true;
  writing_ = false;
  speed_up();
  session_.connected();
  read_frame();
  pump();
}

void ingest_client::speed_up() {
  io_error ignored;
  socket_.set_option(tcp::no_delay{true}, ignored);
  socket_.set_option(asio::socket_base::keep_alive{true}, ignored);
  // Some systems' default (bbr) is several times slower over loopback. Not every user may choose.
  for (auto algorithm : {"cubic", "reno"})
    if (::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_CONGESTION, algorithm,
                     static_cast<socklen_t>(std::strlen(algorithm))) == 0)
      break;
}

void ingest_client::disconnect(const std::string& why) {
  online_ = false;
  session_.disconnected();
  retry_later(why);
}

void ingest_client::retry_later(const std::string& why) {
  auto mine = ++connection_;
  io_error ignored;
  socket_.close(ignored);
  if (!std::exchange(notified_, true) && options_.notice)
    options_.notice("waiting for " + where() + ": " + why);
  back_off_timer_.expires_after(back_off_);
  back_off_ = std::min(2 * back_off_, options_.max_back_off);
  back_off_timer_.async_wait([this, mine](io_error failure) {
    if (!failure && mine == connection_)
      resolve();
  });
}

// -- writing ---------------------------------------------------------------------------------------------------------------

void ingest_client::pump() {
  if (!online_ || writing_ || failure_)
    return;
  if (session_.is_welcome() && !session_.has_unsent() && !feed())
    return;
  auto waited = session_.is_waiting() && session_.is_welcome();
  if (auto frame = session_.next()) {
    if (!waited)
      last_heard_ = clock::now();
    write(*frame);
  }
}

/// Moves records from the input to the session. False if the run has failed or the loop should have its turn.
bool ingest_client::feed() {
  for (int packs = 0; session_.wants_records() && !session_.has_unsent() && !source_.exhausted(); ++packs) {
    if (packs == packs_in_a_row) {
      asio::post(io_, [this] { pump(); });
      return false;
    }
    auto pack = source_.take();
    if (!pack) {
      fail_with(pack.error());
      return false;
    }
    if (!*pack)
      break;
    session_.add(std::move(**pack));
  }
  if (source_.exhausted())
    session_.end_of_input();
  return true;
}

void ingest_client::write(const outgoing& frame) {
  writing_ = true;
  auto out = std::make_shared<frame_in_flight>(encode(frame));
  auto body = out->bytes ? asio::buffer(out->bytes->data(), out->bytes->size()) : asio::const_buffer{};
  std::array<asio::const_buffer, 2> parts{asio::buffer(out->head), body};
  asio::async_write(socket_, parts, [this, out, mine = connection_](io_error failure, std::size_t) {
    if (mine != connection_)
      return;
    writing_ = false;
    // The server's last words may still be there to read: reading notices the end.
    if (!failure)
      pump();
  });
}

// -- reading ---------------------------------------------------------------------------------------------------------------

template <class Handler>
void ingest_client::read_exactly(char* into, std::size_t bytes, Handler handler) {
  asio::async_read(socket_, asio::buffer(into, bytes),
                   [this, handler, mine = connection_](io_error failure, std::size_t) {
                     if (mine != connection_)
                       return;
                     if (failure)
                       return disconnect("the connection was closed");
                     handler();
                   });
}

void ingest_client::read_frame() {
  read_exactly(header_bytes_.data(), header_bytes_.size(), [this] { header_read(); });
}

void ingest_client::header_read() {
  auto header = decode_header(header_bytes_, max_control_bytes);
  if (!header && !source_.started())
    return fail_with(
      {weir::error_code::failed, "no weir ingest port: " + header.error().what, where(), "check host and port"});
  if (!header)
    return disconnect("the server sent a damaged frame");
  payload_.resize(header->payload_bytes);
  read_exactly(payload_.data(), payload_.size(), [this, frame = *header] { frame_read(frame); });
}

void ingest_client::frame_read(const frame_header& header) {
  if (!checksum_matches(header_bytes_, payload_))
    return disconnect("the server sent a damaged frame");
  last_heard_ = clock::now();
  auto mine = connection_;
  switch (header.type) {
    case frame_type::welcome: welcomed(header); break;
    case frame_type::ack: finish_if(session_.acknowledged(header.sequence)); break;
    case frame_type::farewell: finish_if(session_.farewell()); break;
    case frame_type::error: refused(header); break;
    default: fail_with({weir::error_code::failed, "the server sent a frame that servers do not send", where(), {}});
  }
  if (mine != connection_ || failure_ || session_.finished())
    return;
  read_frame();
  pump();
}

void ingest_client::welcomed(const frame_header& header) {
  auto said = decode_welcome(payload_);
  if (!said)
    return fail_with(said.error());
  if (auto done = session_.welcomed(header.sequence, *said); !done)
    return fail_with(done.error());
  auto& limits = session_.server_limits();
  back_off_ = first_back_off;
  if (std::exchange(notified_, false) && options_.notice)
    options_.notice("connected to " + where());
  if (!source_.started())
    source_.start(limits->max_record_bytes, std::min<std::size_t>(options_.pack_bytes, limits->max_frame_bytes),
                  options_.append ? 0 : session_.durable_before());
}

void ingest_client::refused(const frame_header& header) {
  auto code = static_cast<ingest_error>(header.count);
  auto reason = printable(std::string_view{payload_}.substr(0, max_frame_text_bytes));
  if (code == ingest_error::busy || code == ingest_error::deadline || code == ingest_error::damaged)
    return disconnect(reason);
  fail_with({weir::error_code::failed, "the server refused: " + reason, where(), {}});
}

// -- time and the end ------------------------------------------------------------------------------------------------------

void ingest_client::tick() {
  auto now = clock::now();
  auto greeting = !session_.is_welcome() && now - attempt_began_ > options_.welcome_deadline;
  auto silent = session_.is_welcome() && session_.is_waiting() && now - last_heard_ > options_.progress_deadline;
  if (online_ && (greeting || silent))
    disconnect("the server does not answer");
  else if (!online_ && greeting && socket_.is_open())
    retry_later("the connection could not be made in time");
  if (options_.progress && now - last_progress_ >= progress_interval) {
    last_progress_ = now;
    options_.progress(session_.counts());
  }
  tick_timer_.expires_after(tick_interval);
  tick_timer_.async_wait([this](io_error failure) {
    if (!failure)
      tick();
  });
}

void ingest_client::finish_if(result<void> step) {
  if (!step)
    return fail_with(step.error());
  if (session_.finished())
    io_.stop();
}

void ingest_client::fail_with(error reason) {
  if (reason.where.empty())
    reason.where = where();
  failure_ = std::move(reason);
  io_.stop();
}

} // namespace

result<ingest_summary> run_ingest_client(ingest_client_options options) {
  ingest_client client{std::move(options)};
  return client.run();
}

} // namespace weir::actors
