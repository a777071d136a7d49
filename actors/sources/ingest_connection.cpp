// On a record's way, step 1 of 8: bytes from a socket become verified records in a buffer. From `weir send`, to receiver.
#include "actors/sources/ingest_connection.hpp"

#include <utility>

#include "actors/sources/input_url.hpp"

namespace weir::actors {

namespace {

constexpr auto never = ingest_connection::clock::time_point::max();
constexpr int send_buffer_bytes = 64 * 1024;

} // namespace

ingest_connection::ingest_connection(connection_id id, tcp::socket socket, connection_owner& owner)
  : id_{id},
    socket_{std::move(socket)},
    owner_{owner},
    read_deadline_{clock::now() + owner.options().hello_deadline},
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
  auto rest = asio::buffer(header_bytes_.data() + header_filled_, header_bytes_.size() - header_filled_);
  socket_.async_read_some(
    rest, [self = shared_from_this()](io_error failure, std::size_t bytes) { self->header_read(failure, bytes); });
}

void ingest_connection::header_read(io_error failure, std::size_t bytes) {
  reading_ = false;
  if (state_ == state::closed)
    return;
  if (state_ == state::closing)
    return discarded(failure);
  if (failure)
    return abort();
  if (header_filled_ == 0 && state_ != state::greeting)
    read_deadline_ = clock::now() + owner_.options().frame_deadline;
  header_filled_ += bytes;
  if (header_filled_ < header_bytes_.size())
    return read_header();
  if (!reads_) {
    read_deadline_ = never;
    return;
  }
  header_complete();
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
    case frame_type::data: {
      if (!accept_numbers())
        return;
      waiting_ = !owner_.admit(id_, header_.payload_bytes);
      if (!waiting_)
        return admitted();
      read_deadline_ = never; // it is we who are slow
      return;
    }
    case frame_type::skipped: return take_skipped();
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
                     self->reading_ = false;
                     if (self->state_ == state::closed)
                       return;
                     if (self->state_ == state::closing)
                       return self->discarded(failure);
                     if (failure)
                       return self->abort();
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
  said_hello_ = true;
  owner_.listener().hello(id_, std::move(hello->producer));
  next_frame();
}

void ingest_connection::admitted() {
  waiting_ = false;
  held_ = header_.payload_bytes;
  read_deadline_ = clock::now() + owner_.options().frame_deadline;
  read_data();
}

void ingest_connection::read_data() {
  payload_ = std::make_shared<data::buffer>(header_.payload_bytes);
  payload_->resize(header_.payload_bytes);
  read_payload(payload_->data(), payload_->size(), &ingest_connection::data_read);
}

void ingest_connection::data_read() {
  if (!checksum_matches(header_bytes_, payload_->view()))
    return refuse(ingest_error::damaged, "a DATA frame whose checksum does not match");
  if (auto sound = check_records(header_.count, payload_->view()); !sound)
    return malformed(sound.error().what);
  if (!reads_) {
    owner_.give_back(std::exchange(held_, 0));
    payload_.reset();
    return;
  }
  held_ = 0;
  owner_.listener().data(id_, {header_.sequence, header_.count, std::exchange(payload_, nullptr)});
  next_frame();
}

void ingest_connection::take_skipped() {
  if (!checksum_matches(header_bytes_, {}))
    return refuse(ingest_error::damaged, "a VOID frame whose checksum does not match");
  if (!accept_numbers())
    return;
  owner_.listener().data(id_, {header_.sequence, header_.count, nullptr});
  next_frame();
}

void ingest_connection::take_goodbye() {
  if (!checksum_matches(header_bytes_, {}))
    return refuse(ingest_error::damaged, "a GOODBYE whose checksum does not match");
  state_ = state::leaving;
  owner_.listener().goodbye(id_);
  next_frame();
}

void ingest_connection::next_frame() {
  read_deadline_ = never;
  if (state_ != state::closing && state_ != state::closed)
    read_header();
}

// -- writing -------------------------------------------------------------------------------------------------------------

void ingest_connection::welcome(std::uint64_t last_durable) {
  if (state_ != state::awaiting_welcome)
    return;
  state_ = state::open;
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
  io_error unknown;
  auto peer = socket_.remote_endpoint(unknown);
  owner_.listener().turned_away(unknown ? "unknown" : endpoint{peer.address().to_string(), peer.port()}.text(), reason);
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
  if (std::exchange(waiting_, false))
    owner_.stop_waiting(id_);
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
  if (held_ > 0)
    owner_.give_back(std::exchange(held_, 0));
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
  if (now < read_deadline_ && now < write_deadline_)
    return;
  if (state_ == state::closing || now >= write_deadline_)
    return abort();
  read_deadline_ = never;
  refuse(ingest_error::deadline,
         state_ == state::greeting ? "no HELLO came in time" : "a frame was not finished in time");
}

void ingest_connection::abort() {
  if (state_ == state::closed)
    return;
  auto was_leaving = state_ == state::closing;
  state_ = state::closed;
  io_error ignored;
  socket_.close(ignored);
  if (std::exchange(waiting_, false))
    owner_.stop_waiting(id_);
  if (held_ > 0)
    owner_.give_back(std::exchange(held_, 0));
  if (!was_leaving)
    owner_.left(*this);
  owner_.gone(id_);
}

} // namespace weir::actors
