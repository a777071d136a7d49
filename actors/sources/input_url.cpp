#include "actors/sources/input_url.hpp"

#include <algorithm>
#include <array>

#include "libstream/base/text.hpp"

namespace weir::actors {

namespace {

const std::array<std::string, 4> schemes{"weir", "file", "tcp", "generate"};

result<std::string> directory_of(std::string_view place, std::string_view text) {
  if (place.substr(0, 2) == "//") {
    place.remove_prefix(2);
    if (place.empty() || place.front() != '/')
      return fail(error_code::configuration, "a file: URL must not have a host", std::string{text},
                  "write file:///ABSOLUTE/DIRECTORY or file:RELATIVE/DIRECTORY");
  }
  if (place.empty())
    return fail(error_code::configuration, "a file: URL needs a directory", std::string{text},
                "write file:///ABSOLUTE/DIRECTORY or file:RELATIVE/DIRECTORY");
  return std::string{place};
}

/// "name=NAME"
result<std::string> name_in(std::string_view query, std::string_view text) {
  constexpr std::string_view parameter = "name=";
  constexpr std::size_t most_bytes = 200;
  if (!query.starts_with(parameter))
    return fail(error_code::configuration,
                "unknown parameter \"" + std::string{query.substr(0, query.find('='))} + "\"", std::string{text},
                "only ?name=NAME may follow an address");
  auto name = query.substr(parameter.size());
  if (name.find("&" + std::string{parameter}) != std::string_view::npos)
    return fail(error_code::configuration, "\"name\" is given twice", std::string{text}, "give an input one name");
  auto control = std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (name.empty() || name.size() > most_bytes || control)
    return fail(error_code::configuration, "the name of an input must have 1 to 200 bytes and no control characters",
                std::string{text}, "write ?name=NAME");
  return std::string{name};
}

} // namespace

std::string endpoint::text() const {
  auto name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return name + ":" + std::to_string(port);
}

result<endpoint> parse_endpoint(std::string_view text) {
  auto wrong = [&](std::string problem) {
    return fail(error_code::configuration, std::move(problem), std::string{text},
                "write HOST:PORT, e.g. 127.0.0.1:7000");
  };
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return wrong("an address without a port");
  auto host = text.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return wrong("an IPv6 address that is not in brackets");
  if (host.empty())
    return wrong("an address without a host");
  auto port = parse_count(text.substr(colon + 1));
  if (!port || *port > 65535)
    return wrong("the port must be a number from 0 to 65535");
  return endpoint{std::string{host}, static_cast<std::uint16_t>(*port)};
}

input_url input_url::of_stream(std::string name, std::uint32_t source) {
  input_url url;
  url.kind_ = kind::stream;
  url.rest_ = std::move(name);
  url.source_ = source;
  return url;
}

input_url input_url::given_up(std::string name) {
  input_url url;
  url.kind_ = kind::given_up;
  url.source_ = name.starts_with("stream:") ? UINT32_MAX : 0; // who reads what of it is in the log already
  url.rest_ = std::move(name);
  return url;
}

std::string input_url::full_text() const { return given_name_.empty() ? text() : text() + "?name=" + given_name_; }

std::string input_url::text() const {
  switch (kind_) {
    case kind::weir: return "weir://" + rest_;
    case kind::tcp_client: return "tcp://" + rest_;
    case kind::stream: return "stream:" + rest_;
    case kind::given_up: return rest_;
    case kind::file: return (rest_.front() == '/' ? "file://" : "file:") + rest_;
    default: return rest_.empty() ? "generate://" : "generate://?" + rest_;
  }
}

result<input_url> parse_input_url(std::string_view text) {
  auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0)
    return fail(error_code::configuration, "not a URL", "'" + std::string{text} + "'",
                "write weir://HOST:PORT, tcp://HOST:PORT, file:DIRECTORY or generate://?count=N");
  auto scheme = std::string{text.substr(0, colon)};
  auto place = text.substr(colon + 1);
  input_url url;
  if (scheme == "file") {
    auto directory = directory_of(place, text);
    if (!directory)
      return tl::make_unexpected(directory.error());
    url.kind_ = input_url::kind::file;
    url.rest_ = std::move(*directory);
    return url;
  }
  if (scheme != "weir" && scheme != "tcp" && scheme != "generate") {
    auto nearest = nearest_name(scheme, schemes);
    return fail(error_code::configuration, "unknown scheme \"" + scheme + "\"", std::string{text},
                nearest.empty() ? "the schemes are weir, file, tcp and generate" : "did you mean \"" + nearest + "\"?");
  }
  if (place.substr(0, 2) != "//")
    return fail(error_code::configuration, "a " + scheme + " URL needs //", std::string{text},
                "write " + scheme + "://" + std::string{place});
  place.remove_prefix(2);
  if (scheme == "generate") {
    if (!place.empty() && place.front() != '?')
      return fail(error_code::configuration, "a generate URL must not have a path", std::string{text},
                  "write generate://?count=N");
    url.kind_ = input_url::kind::generate;
    url.rest_ = place.empty() ? "" : std::string{place.substr(1)};
    return url;
  }
  if (auto query = place.find('?'); query != std::string_view::npos) {
    auto name = name_in(place.substr(query + 1), text);
    if (!name)
      return tl::make_unexpected(name.error());
    url.given_name_ = std::move(*name);
    place = place.substr(0, query);
  }
  auto where = parse_endpoint(place);
  if (!where)
    return tl::make_unexpected(where.error());
  if (scheme == "tcp") {
    if (where->port == 0)
      return fail(error_code::configuration, "a tcp URL needs the port of a server", std::string{text},
                  "write tcp://HOST:PORT, e.g. tcp://localhost:9999");
    url.kind_ = input_url::kind::tcp_client;
  }
  url.rest_ = where->text();
  return url;
}

} // namespace weir::actors
