// No stream at all: counts the words of files, saves them in order, and shows the most frequent.
#include <iostream>

#include <weir/weir.hpp>

namespace {

using counted = std::pair<std::string_view, std::uint64_t>;

void run(const std::string& from, const std::string& to) {
  auto counts = weir::read_text(from)
                  .flat_map(weir::split_words)
                  .map([](std::string_view word) {
                    return counted{word, 1};
                  })
                  .reduce_by_key(std::plus<>{})
                  .persist(); // two actions follow, which would both read the files
  counts.sort_by_key().save_as_text_file(to);
  auto more_often = [](const auto& a, const auto& b) {
    return std::pair{a.second, b.first} < std::pair{b.second, a.first};
  };
  for (auto& [word, times] : counts.top(3, more_often))
    std::cout << word << "\t" << times << "\n";
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: 11-batch-job FILES OUTPUT_DIRECTORY\n";
    return 64;
  }
  try {
    run(argv[1], argv[2]);
  } catch (const std::exception& why) { // plan_error: what happened to which thing
    std::cerr << "batch-job: " << why.what() << "\n";
    return 1;
  }
}
