#pragma once

/// The only way to Boost.Asio here: narrow headers, behind the one that Boost 1.74 forgets under C++20.
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

namespace weir::actors {

namespace asio = boost::asio;
using io_error = boost::system::error_code;
using tcp = boost::asio::ip::tcp;

/// A client that connects to a port of this machine on which nobody listens may get that very port for its own end, and is then connected to
/// itself. It must close the socket, since it also keeps the server from getting its port.
inline bool is_connected_to_itself(const tcp::socket& socket) {
  io_error failure;
  auto here = socket.local_endpoint(failure);
  auto there = failure ? tcp::endpoint{} : socket.remote_endpoint(failure);
  return !failure && here == there;
}

} // namespace weir::actors
