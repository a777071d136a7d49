// On a record's way, step 1 of 11: bytes from a socket become verified records in a buffer. From `weir send`, to receiver.
#include "actors/sources/ingest_connection.hpp"

#include <utility>

#include "actors/sources/input_url.hpp"

namespace weir::actors {

namespace {

constexpr auto never = ingest_connection::clock::time_point::max();
constexpr int send_buffer_bytes = 64 * 1024;
/// Asked for at once, also if less has come: smaller pieces are not worth a question.
constexpr std::size_t least_piece_bytes = 16 * limits::kib;
/// So long an unfinished frame is left alone when others need its memory.
constexpr std::chrono::seconds young{1};

} // namespace

std::string peer_of(const tcp::socket& socket) {
  io_error unknown;
  auto peer = socket.remote_endpoint(unknown);
  return unknown ? "unknown" : endpoint{peer.address().to_string(), peer.port()}.text();
}

ingest_connection::ingest_connection(connection_id id, tcp::socket socket, connection_owner& owner)
  : id_{id},
    socket_{std::move(socket)},
    owner_{owner},
    silent_since_{clock::now()},
    read_deadline_{clock::now() + owner.options().hello_deadline},
    progress_deadline_{never},
    welcome_deadline_{never},
    write_deadline_{never} {
  io_error ignored; // options make it faster or safer; none is needed
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay{true}, ignored);
  socket_.set_option(asio::socket_base::keep_alive{true}, ignored);
  // What a client that does not read may cost in the kernel.
  socket_.set_option(asio::socket_base::send_buffer_size{send_buffer_bytes}, ignored);
}

void ingest_connection::start() { read_header(); }

// -- reading -------------------------------------------------------------------------------------------------------------

void ingest_connection::read_header() {
  reading_ = true;
  auto unfilled = asio::buffer(header_bytes_.data() + header_filled_, header_bytes_.size() - header_filled_);
  socket_.async_read_some(
    unfilled, [self = shared_from_this()](io_error failure, std::size_t bytes) { self->header_read(failure, bytes); });
}

void ingest_connection::header_read(io_error failure, std::size_t bytes) {
  if (!goes_on_after(failure))
    return;
  if (state_ != state::greeting) {
    auto now = clock::now();
    if (header_filled_ == 0)
      read_deadline_ = now + owner_.options().frame_deadline;
    progress_deadline_ = now + owner_.options().progress_deadline;
  }
  header_filled_ += bytes;
  if (header_filled_ < header_bytes_.size())
    return read_header();
  if (!reads_) {
    read_deadline_ = progress_deadline_ = never;
    return;
  }
  header_complete();
}

/// At the end of every read. False: the connection is over, or ends here.
bool ingest_connection::goes_on_after(io_error failure) {
  reading_ = false;
  if (state_ == state::closed)
    return false;
  if (state_ == state::closing)
    discarded(failure);
  else if (failure)
    abort();
  else
    return true;
  return false;
}

void ingest_connection::header_complete() {
  header_filled_ = 0;
  auto header = decode_header(header_bytes_, owner_.options().max_frame_bytes);
  if (!header)
    return malformed(header.error().what);
  header_ = *header;
  if (state_ == state::greeting) {
    if (header_.type == frame_type::hello)
      return read_hello(header_);
    return malformed("a connection begins with HELLO");
  }
  if (state_ == state::awaiting_welcome)
    return malformed("a frame before WELCOME");
  if (state_ == state::leaving)
    return malformed("a frame after GOODBYE");
  switch (header_.type) {
    case frame_type::data:
    case frame_type::skipped: return begin_frame();
    case frame_type::goodbye: return take_goodbye();
    default: return malformed("a frame that producers do not send");
  }
}

bool ingest_connection::accept_numbers() {
  if (header_.sequence > next_number_) {
    refuse(ingest_error::refused,
           "a gap: expected record " + std::to_string(next_number_) + ", got " + std::to_string(header_.sequence));
    return false;
  }
  next_number_ = std::max(next_number_, header_.sequence + header_.count);
  return true;
}

template <class Next>
void ingest_connection::read_payload(char* into, std::size_t bytes, Next next) {
  reading_ = true;
  asio::async_read(socket_, asio::buffer(into, bytes),
                   [self = shared_from_this(), next](io_error failure, std::size_t) {
                     if (self->goes_on_after(failure))
                       (self.get()->*next)();
                   });
}

void ingest_connection::read_hello(const frame_header& header) {
  hello_bytes_.resize(header.payload_bytes);
  read_payload(hello_bytes_.data(), hello_bytes_.size(), &ingest_connection::hello_read);
}

void ingest_connection::hello_read() {
  if (!checksum_matches(header_bytes_, hello_bytes_))
    return refuse(ingest_error::damaged, "a HELLO whose checksum does not match");
  auto hello = decode_hello(hello_bytes_);
  if (!hello)
    return malformed(hello.error().what);
  std::string{}.swap(hello_bytes_);
  state_ = state::awaiting_welcome;
  silent_since_ = clock::now();
  welcome_deadline_ = silent_since_ + owner_.options().welcome_deadline;
  said_hello_ = true;
  owner_.listener().hello(id_, std::move(hello->producer));
  next_frame();
}

void ingest_connection::begin_frame() {
  if (header_.type == frame_type::skipped && !checksum_matches(header_bytes_, {}))
    return refuse(ingest_error::damaged, "a VOID frame whose checksum does not match");
  if (!accept_numbers())
    return;
  frame_began_ = clock::now();
  payload_.reset();
  granted_ = 0;
  sent_frames_ = true;
  await_piece();
}

/// Asks once something has come. A client that sends nothing must not look like one that waits for the budget: its deadlines run.
void ingest_connection::await_piece() {
  io_error unknown;
  if (granted_ == header_.payload_bytes || socket_.available(unknown) > 0)
    return ask_for_piece();
  reading_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](io_error failure) {
    if (self->goes_on_after(failure))
      self->ask_for_piece();
  });
}

/// What has come already, so that a frame which is only announced costs nothing.
void ingest_connection::ask_for_piece() {
  io_error unknown;
  auto here = socket_.available(unknown);
  auto ungranted = header_.payload_bytes - granted_;
  auto piece = std::min<std::size_t>(ungranted, std::max(here, least_piece_bytes));
  auto kind = here >= ungranted                                     ? piece_kind::last
              : header_.payload_bytes <= owner_.small_frame_bytes() ? piece_kind::of_small_frame
                                                                    : piece_kind::of_large_frame;
  auto overhead = granted_ == 0 ? frame_overhead_bytes : 0;
  granted_ += piece;
  in_frame_ = true;
  waiting_ = !owner_.admit(id_, piece + overhead, kind);
  if (!waiting_)
    return admitted();
  read_deadline_ = progress_deadline_ = never; // it is we who are slow
}

void ingest_connection::admitted() {
  auto now = clock::now();
  if (std::exchange(waiting_, false) || read_deadline_ == never)
    read_deadline_ = now + owner_.options().frame_deadline;
  progress_deadline_ = now + owner_.options().progress_deadline;
  if (header_.type == frame_type::skipped)
    return skipped_read();
  auto larger = std::make_shared<data::buffer>(granted_);
  if (payload_)
    larger->append(payload_->view());
  payload_ = std::move(larger);
  read_piece();
}

void ingest_connection::read_piece() {
  reading_ = true;
  socket_.async_read_some(
    asio::buffer(payload_->data() + payload_->size(), payload_->free()),
    [self = shared_from_this()](io_error failure, std::size_t bytes) { self->piece_read(failure, bytes); });
}

void ingest_connection::piece_read(io_error failure, std::size_t bytes) {
  if (!goes_on_after(failure))
    return;
  payload_->resize(payload_->size() + bytes);
  progress_deadline_ = clock::now() + owner_.options().progress_deadline;
  if (payload_->free() > 0)
    return read_piece();
  if (granted_ < header_.payload_bytes)
    return await_piece();
  frame_read();
}

void ingest_connection::frame_read() {
  if (!checksum_matches(header_bytes_, payload_->view()))
    return refuse(ingest_error::damaged, "a DATA frame whose checksum does not match");
  if (auto sound = check_records(header_.count, payload_->view()); !sound)
    return malformed(sound.error().what);
  in_frame_ = false;
  if (!reads_) {
    payload_.reset();
    return owner_.give_up(id_);
  }
  owner_.listener().data(id_, {header_.sequence, header_.count, std::exchange(payload_, nullptr), owner_.hand_on(id_)});
  next_frame();
}

void ingest_connection::skipped_read() {
  in_frame_ = false;
  if (!reads_)
    return owner_.give_up(id_);
  owner_.listener().data(id_, {header_.sequence, header_.count, nullptr, owner_.hand_on(id_)});
  next_frame();
}

void ingest_connection::take_goodbye() {
  if (!checksum_matches(header_bytes_, {}))
    return refuse(ingest_error::damaged, "a GOODBYE whose checksum does not match");
  // A smaller number is that of a producer whose input is shorter than what an earlier run has sent.
  if (header_.sequence >= next_number_)
    return refuse(ingest_error::refused, "a gap: GOODBYE names record " + std::to_string(header_.sequence) +
                                           " as the last, but only records up to " + std::to_string(next_number_ - 1) +
                                           " have come");
  state_ = state::leaving;
  owner_.listener().goodbye(id_);
  next_frame();
}

void ingest_connection::next_frame() {
  read_deadline_ = progress_deadline_ = never;
  if (state_ != state::closing && state_ != state::closed)
    read_header();
}

// -- writing -------------------------------------------------------------------------------------------------------------

void ingest_connection::welcome(std::uint64_t last_durable) {
  if (state_ != state::awaiting_welcome)
    return;
  state_ = state::open;
  welcome_deadline_ = never;
  next_number_ = last_durable + 1;
  welcome_ = last_durable;
  write_pending();
}

void ingest_connection::acknowledge(std::uint64_t through) {
  if (state_ != state::open && state_ != state::leaving)
    return;
  ack_ = through;
  write_pending();
}

void ingest_connection::farewell() {
  if (state_ == state::closing || state_ == state::closed)
    return;
  farewell_ = true;
  leave();
}

void ingest_connection::refuse(ingest_error code, std::string reason) {
  if (state_ == state::closing || state_ == state::closed)
    return;
  owner_.listener().turned_away(peer_of(socket_), reason);
  last_words_ = encode_error(code, reason);
  leave();
}

void ingest_connection::write_pending() {
  if (!writing_.empty() || writes_ended_ || state_ == state::closed)
    return;
  auto& options = owner_.options();
  if (auto last = std::exchange(welcome_, std::nullopt))
    writing_ = encode_welcome(*last, {static_cast<std::uint32_t>(options.max_record_bytes),
                                      static_cast<std::uint32_t>(options.max_frame_bytes)});
  if (auto through = std::exchange(ack_, std::nullopt))
    writing_ += encode_frame(frame_type::ack, *through, 0);
  if (std::exchange(farewell_, false))
    writing_ += encode_frame(frame_type::farewell, 0, 0);
  writing_ += std::exchange(last_words_, {});
  if (writing_.empty()) {
    if (state_ == state::closing) {
      writes_ended_ = true;
      io_error ignored;
      socket_.shutdown(tcp::socket::shutdown_send, ignored);
      if (client_ended_)
        abort();
    }
    return;
  }
  if (state_ != state::closing)
    write_deadline_ = clock::now() + options.write_deadline;
  asio::async_write(socket_, asio::buffer(writing_),
                    [self = shared_from_this()](io_error failure, std::size_t) { self->written(failure); });
}

void ingest_connection::written(io_error failure) {
  writing_.clear();
  if (state_ == state::closed)
    return;
  if (failure)
    return abort();
  if (state_ != state::closing)
    write_deadline_ = never;
  write_pending();
}

// -- closing -------------------------------------------------------------------------------------------------------------

void ingest_connection::leave() {
  state_ = state::closing;
  // Both directions end by then: the last words are out, or the client does not want them.
  read_deadline_ = write_deadline_ = clock::now() + owner_.options().linger;
  progress_deadline_ = welcome_deadline_ = never;
  waiting_ = false;
  if (std::exchange(in_frame_, false))
    owner_.give_up(id_);
  owner_.left(*this);
  write_pending();
  if (!reading_)
    discard();
}

/// Reads on and forgets: a socket closed with unread bytes would take the last words back.
void ingest_connection::discard() {
  if (state_ == state::closed)
    return;
  payload_.reset();
  reading_ = true;
  socket_.async_read_some(asio::buffer(discarded_), [self = shared_from_this()](io_error failure, std::size_t) {
    self->reading_ = false;
    self->discarded(failure);
  });
}

void ingest_connection::discarded(io_error failure) {
  if (state_ == state::closed)
    return;
  if (!failure)
    return discard();
  // A client that has only closed its sending side still reads the last words.
  if (failure != asio::error::eof || writes_ended_)
    return abort();
  client_ended_ = true;
}

void ingest_connection::check_deadlines(clock::time_point now) {
  if (now >= welcome_deadline_)
    return refuse(ingest_error::busy, "what this producer sent before is not decided yet; try again");
  auto read_until = std::min(read_deadline_, progress_deadline_);
  if (now < read_until && now < write_deadline_)
    return;
  if (state_ == state::closing || now >= write_deadline_)
    return abort();
  refuse(ingest_error::deadline, state_ == state::greeting ? "no HELLO came in time"
                                 : now >= read_deadline_   ? "a frame was not finished in time"
                                                           : "nothing came for too long within a frame");
}

void ingest_connection::make_room(clock::time_point now) {
  if (in_frame_ && now - frame_began_ >= young)
    refuse(ingest_error::busy, "others need the memory that an unfinished frame holds; try again");
}

void ingest_connection::abort() {
  if (state_ == state::closed)
    return;
  auto was_leaving = state_ == state::closing;
  state_ = state::closed;
  io_error ignored;
  socket_.close(ignored);
  waiting_ = false;
  if (std::exchange(in_frame_, false))
    owner_.give_up(id_);
  if (!was_leaving)
    owner_.left(*this);
  owner_.gone(id_);
}

} // namespace weir::actors
