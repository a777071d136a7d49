// Counts lines with functions that fail on purpose, as the lines say:
//   flaky N ...     fails the first N times that it is seen by this process
//   poison key ...  fails behind the shuffle, where lines are counted
//   row PATH        an output of its own appends the line to that file, and fails while it cannot
#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>

#include <weir/weir.hpp>

namespace {

class flaky_function {
public:
  void call(const std::string& line) {
    std::lock_guard alone{guard_};
    if (++calls_[line] <= std::stoi(line.substr(6)))
      throw std::runtime_error{"not now"};
  }

private:
  std::mutex guard_;
  std::map<std::string, int> calls_;
};

std::string_view look_up(std::string_view line) {
  static flaky_function service;
  if (line.starts_with("flaky "))
    service.call(std::string{line});
  return line;
}

using counted = std::pair<std::string_view, std::uint64_t>;

counted check(const counted& each) {
  if (each.first.starts_with("poison key"))
    throw std::domain_error{"no such key"};
  return each;
}

void append_rows(const weir::partition_key&, std::span<const std::string> lines) {
  for (auto& line : lines) {
    std::ofstream file{line.substr(4), std::ios::app};
    if (!(file << line << '\n' << std::flush))
      throw std::runtime_error{"no such table: " + line.substr(4)};
  }
}

void build(weir::stream_context& ctx) {
  ctx.text_input().map(look_up).named("look-up").count_by_value().named("counts").map(check).named("check").write_to(
    ctx.output());
  ctx.text_input()
    .filter([](std::string_view line) { return line.starts_with("row "); })
    .named("rows")
    .foreach_partition(append_rows);
}

} // namespace

WEIR_APPLICATION("failing-functions", build)
