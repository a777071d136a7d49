#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libstream/base/error.hpp"

/// What people write behind `--input` and `--to`.
namespace weir::actors {

struct endpoint {
  std::string host; ///< a name or an address, without brackets
  std::uint16_t port = 0;
  bool operator==(const endpoint&) const = default;
  /// "HOST:PORT", an IPv6 address in brackets.
  std::string text() const;
};

/// "HOST:PORT", "[::1]:PORT".
result<endpoint> parse_endpoint(std::string_view text);

/// Where an input comes from. A plain value.
class input_url {
public:
  enum class kind {
    weir,       ///< `weir://ADDR:PORT`: acknowledged ingest
    file,       ///< `file:///ABS`, `file:REL`: a directory
    generate,   ///< `generate://?...`: lines that the program makes itself
    tcp_client, ///< `tcp://HOST:PORT`: a server that sends lines to whoever connects
    stream,     ///< `stream:NAME`: a source that the program brings itself; cannot be written on a command line
    given_up,   ///< one that the data directory knows and nobody reads any more; cannot be written, either
  };

  /// A source that the program brings itself: its name, and its number among those of the plan (from 1).
  static input_url of_stream(std::string name, std::uint32_t source);

  /// Keeps the number of an input that was given up.
  static input_url given_up(std::string name);

  kind what() const { return kind_; }
  /// "HOST:PORT" of weir and tcp.
  const std::string& address() const { return rest_; }
  /// Directory of file, as written (relative to the working directory). Bytes stand for themselves: there are no %-escapes.
  const std::string& directory() const { return rest_; }
  /// Of generate: what stands behind the question mark.
  const std::string& query() const { return rest_; }
  /// Of stream: its name.
  const std::string& name() const { return rest_; }
  /// Which source stages read it, as `plan::stage::source` says it.
  std::uint32_t source() const { return source_; }
  /// Of weir and tcp: what `?name=` says, under which the data directory knows it; else empty.
  const std::string& given_name() const { return given_name_; }
  /// The URL as a person would write it, without its name.
  std::string text() const;
  /// With its name.
  std::string full_text() const;
  /// Of weir: the address that was really bound, so that a successor binds the same port.
  void rebind(std::string address) { rest_ = std::move(address); }

  bool operator==(const input_url&) const = default;

private:
  friend result<input_url> parse_input_url(std::string_view text);
  kind kind_ = kind::weir;
  std::string rest_;
  std::string given_name_;
  std::uint32_t source_ = 0;
};

/// Error 78 names the part and, of a misspelt scheme, the nearest.
result<input_url> parse_input_url(std::string_view text);

} // namespace weir::actors
