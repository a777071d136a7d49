#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weir::actors::simulation {

/// Judges word counts by nothing but what a reader of `text:` outputs sees, and what the producers know. Shares no code with the
/// engine: it reads the text format by itself and counts words in the plainest way.
class checker {
public:
  using content = std::shared_ptr<const std::string>;
  using directory = std::map<std::string, content>; ///< files by name

  struct verdict {
    std::uint64_t lost = 0;       ///< word occurrences that must be there and are not, over all outputs
    std::uint64_t duplicated = 0; ///< word occurrences that nobody sent
    std::string example;          ///< the first of them, as a sentence; empty if there is none
  };

  /// What lines of an output say: a word and how often, or (dead letters) a record, an operator and a problem.
  enum class format { counts, dead_letters };

  /// `prefixes`: of the outputs, each of which must show everything.
  explicit checker(const std::vector<std::string>& prefixes, format lines = format::counts);

  /// This word (or record, of dead letters) must come so often at least, and may come so often at most. Adds up.
  void expect(const std::string& word, std::uint64_t least, std::uint64_t most) {
    expected_[word].least += least;
    expected_[word].most += most;
  }

  /// What a reader sees now of an output: all its directories by their path.
  void look(const std::string& prefix, const std::map<std::string, directory>& seen);
  /// The same of those that changed since; those that are gone have no directory. Call after every change.
  void look_at_changes(const std::string& prefix, const std::map<std::string, std::optional<directory>>& changed);

  /// At the end: counts what was seen last.
  verdict conclude();
  /// Broken promises other than totals, as sentences.
  const std::vector<std::string>& violations() const { return violations_; }

private:
  struct bounds {
    std::uint64_t least = 0;
    std::uint64_t most = 0;
  };
  struct output {
    std::map<std::int64_t, directory> first_seen; ///< by batch time
    std::set<std::int64_t> now;                   ///< complete and visible
  };

  /// Where a directory stands among those of the output; nothing if it is none of it.
  std::optional<std::int64_t> time_of(const std::string& prefix, const std::string& path, bool is_complete);
  void look_at(const std::string& prefix, output& at, std::int64_t time, const directory& files);
  std::map<std::string, std::uint64_t> totals(const std::string& prefix, const output& at);
  void add_lines(const std::string& where, const std::string& text, std::map<std::string, std::uint64_t>& into);
  void violated(std::string sentence);

  format format_;
  std::map<std::string, bounds> expected_;
  std::map<std::string, output> outputs_;
  std::vector<std::string> violations_;
};

/// A directory of an output is its prefix, a hyphen and a batch time.
bool belongs_to(const std::string& path, const std::string& prefix);

/// A key as it was before it was written; nothing if it cannot have been written so.
std::optional<std::string> unescaped(std::string_view text);

/// Runs of bytes other than ASCII white space.
std::vector<std::string> naive_words(std::string_view line);

} // namespace weir::actors::simulation
