#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "libstream/base/error.hpp"

/// Counts words on its own, with nothing of the engine, and compares with what an application has published.
namespace weir::tool {

using word_counts = std::unordered_map<std::string, std::int64_t>;

/// Adds the words of a file: runs of bytes other than ASCII white space. Error 74 if it cannot be read.
result<void> count_words(const std::string& path, word_counts& into);

/// Adds the counts of one published directory (`key<TAB>count` lines of its part files).
/// Errors: unreadable (74), a line that is none (1).
result<void> count_published(const std::string& directory, word_counts& into);

struct comparison {
  std::int64_t words = 0;      ///< occurrences expected
  std::int64_t published = 0;  ///< occurrences found
  std::int64_t lost = 0;       ///< occurrences expected and not found
  std::int64_t duplicated = 0; ///< occurrences found and not expected
  std::size_t distinct = 0;    ///< different words expected
};

comparison compare(const word_counts& expected, const word_counts& published);

/// Follows the directories `PREFIX-TIME_MS` of a text output through a run and notes every broken promise: what was complete once
/// never changes nor vanishes, batches become visible in the order of their times, nothing unfinished stays behind.
class output_watch {
public:
  explicit output_watch(const std::string& prefix);

  /// Looks for directories that have become complete. Cheap enough to be called after every kill.
  result<void> look();
  /// After the end: looks once more, checks that all that was complete still is what it was, that nothing unfinished is left.
  result<void> finish();
  /// The sum over all complete directories.
  result<word_counts> totals() const;

  std::size_t directories() const { return seen_.size(); }
  const std::vector<std::string>& violations() const { return violations_; }
  void violated(std::string promise) { violations_.push_back(std::move(promise)); }

private:
  struct listing {
    std::map<std::int64_t, std::string> complete; ///< batch time → path
    std::set<std::string> unfinished;             ///< paths
  };
  result<listing> list() const;

  std::string parent_;
  std::string name_;                           ///< of the prefix, without its directory
  std::map<std::int64_t, std::uint64_t> seen_; ///< batch time → digest of names and bytes
  std::vector<std::string> violations_;
};

} // namespace weir::tool
