#include <catch2/catch.hpp>
#include <fstream>
#include <random>

#include "libstream/log/data_directory.hpp"
#include "libstream/log/memory_store.hpp"
#include "tests/unit/log/log_workload.hpp"
#include "tests/unit/log/scratch.hpp"

using namespace weir;
using namespace weir::log;
using namespace weir::testing;

namespace {

namespace fs = std::filesystem;

std::string file_bytes(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

result<std::uint64_t> verify_at(const std::string& path) {
  auto view = view_directory(path);
  if (!view)
    return tl::make_unexpected(view.error());
  return verify_directory(path, *view);
}

/// One damage: a bit, a few bytes, a page of zeros, a page in another's place, or a file that is cut off.
std::string damage(std::string bytes, std::mt19937_64& random) {
  constexpr std::size_t page = 4096;
  auto at = random() % bytes.size();
  auto first_of_page = at / page * page;
  switch (random() % 6) {
    case 0: bytes.resize(at); break;
    case 1: std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(first_of_page), page, '\0'); break;
    case 2: bytes.replace(first_of_page, page, bytes.substr(random() % (bytes.size() / page) * page, page)); break;
    case 3: at = random() % (2 * page); [[fallthrough]]; // the first pages
    default: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
  }
  return bytes;
}

} // namespace

TEST_CASE("what a start refuses as damaged the verifying tool refuses, too", "[log]") {
  scratch_directory scratch;
  auto path = scratch / "data";
  {
    auto opened = data_directory::open(path, "x", {});
    REQUIRE(opened.has_value());
    log_workload workload{7};
    for (int number = 0; number < 200; ++number)
      REQUIRE(opened->store()->commit(workload.next(*opened->store())).has_value());
  }
  auto file = path + "/log/data.mdb";
  auto whole = file_bytes(file);
  REQUIRE(verify_at(path).has_value());
  auto code = in_child([&] {
    std::mt19937_64 random{20'261'128};
    int refused = 0;
    for (int number = 0; number < 600; ++number) {
      write_bytes(file, damage(whole, random));
      auto verified = verify_at(path);
      auto started = data_directory::open(path, "x", {});
      if (!started && started.error().code != error_code::corrupt)
        return 2;
      if (!started && verified)
        return 3;
      if (!started && verified.error().code != error_code::corrupt)
        return 4;
      refused += started ? 0 : 1;
    }
    return refused > 50 ? 0 : 5;
  });
  CHECK(code == 0);
}
