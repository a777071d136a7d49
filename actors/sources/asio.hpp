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

} // namespace weir::actors
