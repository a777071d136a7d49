#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apps/weir/subprocess.hpp"
#include "apps/weir/verifier.hpp"

/// Starts the programs in WEIR_BIN_DIR and waits for what they do. Whatever does not happen before a deadline fails the test, with the
/// program's last words.
namespace weir::process {

using namespace std::chrono_literals;

inline constexpr auto patience = std::chrono::seconds{30};

/// The path of a program under test.
std::string program(const std::string& name);

/// A directory that vanishes after the test.
tool::temporary_directory fresh_directory();

void write_file(const std::string& path, const std::string& bytes);
std::string read_file(const std::string& path);

/// What a program that has ended left behind.
struct finished {
  int code = 0; ///< as a shell says it
  std::string output;
  std::string errors;
};

/// Runs to the end. `input` is a file for standard input.
finished run(std::vector<std::string> arguments, const std::string& input = {},
             std::chrono::milliseconds limit = patience);

/// A program that runs while the test goes on. Killed when the test ends.
class running {
public:
  explicit running(std::vector<std::string> arguments, bool read_output = true);

  tool::subprocess& process() { return process_; }
  const std::string& errors() const { return errors_; }
  /// Waits until `holds`, listening meanwhile.
  void await(const std::string& what, const std::function<bool()>& holds, std::chrono::milliseconds limit = patience);
  /// Waits until standard error contains `text`.
  void await_words(const std::string& text);
  /// The URL of the ready line.
  std::string await_ready();
  /// Waits for the end.
  finished await_end(std::chrono::milliseconds limit = patience);
  bool is_alive() { return !process_.ended(); }
  /// Resident memory, in bytes.
  std::uint64_t resident_bytes() const;

private:
  void listen();

  tool::subprocess process_;
  bool read_output_;
  std::string output_;
  std::string errors_;
};

/// `word-count` on `directory`: data in data/, output to out/counts-TIME. Add inputs and the rest.
std::vector<std::string> word_count(const tool::temporary_directory& directory, const std::vector<std::string>& more);
std::vector<std::string> send(const std::string& file, const std::string& url, const std::string& producer = "tester");

/// Deterministic text by `weir generate`.
void generate(const std::string& path, std::uint64_t lines, std::uint64_t seed = 1);

/// Fails the test unless what stands in out/counts-TIME is exactly the words of `texts`, each complete and nothing left over.
void check_counts(const tool::temporary_directory& directory, const std::vector<std::string>& texts);

/// A TCP connection to 127.0.0.1, for a client that does not keep the rules. Closed by the destructor.
class raw_client {
public:
  explicit raw_client(const std::string& url);
  /// Sends as much as the other side takes at once; returns how much.
  std::size_t send(const std::string& bytes);
  /// True if the server closes within `limit`; what it sends before is dropped.
  bool is_closed_within(std::chrono::milliseconds limit);

private:
  tool::descriptor socket_;
};

} // namespace weir::process
