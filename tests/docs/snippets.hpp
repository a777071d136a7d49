#pragma once

#include <atomic>
#include <functional>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "libstream/api/dataset.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/data/msgpack_record.hpp"
#include "libstream/operators/contains.hpp"
#include "libstream/operators/split_words.hpp"
#include "libstream/testing/test_driver.hpp"

/// Snippets of docs/operators.md: they stand between `// [NAME]` and `// [end]` in the tests beside this file, and what their comments say
/// is checked. `docs_test operators` checks that the document holds the same lines.
namespace weir::docs {

/// Takes what a snippet of datasets shows: `shows(VALUE); // TEXT`, a tab shown as a space.
class results {
public:
  template <class T>
  void operator()(const T& value) {
    std::string text;
    data::record_traits<T>::append_text(value, text);
    take(text);
  }
  const std::vector<std::string>& lines() const { return lines_; }

private:
  void take(std::string text);

  std::vector<std::string> lines_;
};

/// Runs the function and compares what it shows, in order, with the comments `); // TEXT` of the snippet in `file`.
void check_results(const char* file, const std::string& name, const std::function<void(results&)>& snippet);

/// Builds the streams, then plays the snippet's comments in order: `// in: A | B` is a batch of these records, `// OUTPUT: A | B` what
/// the output of that name then shows, in any order; nothing behind the colon: no records.
void check_batches(const char* file, const std::string& name, const application& snippet);

} // namespace weir::docs
