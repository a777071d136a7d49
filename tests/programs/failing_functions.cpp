// Counts lines with functions that fail on purpose, as the lines say:
//   flaky N ...     fails the first N times that it is seen by this process
//   poison key ...  fails behind the shuffle, where lines are counted
#include <atomic>
#include <map>
#include <mutex>
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

void build(weir::stream_context& ctx) {
  ctx.text_input().map(look_up).named("look-up").count_by_value().named("counts").map(check).named("check").write_to(
    ctx.output());
}

} // namespace

WEIR_APPLICATION("failing-functions", build)
