// Spark's output operations: foreachRDD, foreachPartition, saveAsTextFiles, saveAsObjectFiles.
#include <numeric>
#include <set>

#include "libstream/api/dataset_files.hpp"
#include "tests/acceptance/two_runtimes.hpp"
#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir;
using namespace weir::acceptance;
using testing::temporary_directory;

namespace {

using numbers = std::vector<int>;
using counted = std::pair<std::string, int>;

/// What a function of an output was called with, in the order of the calls.
template <class Call>
class call_book {
public:
  void add(Call call) {
    std::lock_guard guard{mutex_};
    calls_.push_back(std::move(call));
  }
  std::vector<Call> all() const {
    std::lock_guard guard{mutex_};
    return calls_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<Call> calls_;
};

std::string directory_of(const std::string& prefix, event_time time, const std::string& suffix) {
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return prefix + "-" + std::to_string(ms) + suffix;
}

/// What readers take: hidden names, as that of the output's mark, are not theirs.
std::vector<std::string> files_in(const std::string& directory) {
  std::vector<std::string> names;
  for (auto& entry : std::filesystem::directory_iterator{directory})
    if (auto name = entry.path().filename().string(); !name.starts_with('.'))
      names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

} // namespace

TEST_CASE("foreach_batch is called once a batch with its records, in batch order", "[outputs]") {
  on_both([](scenario& s) {
    struct call {
      event_time time;
      numbers records;
      int sum;
    };
    auto book = std::make_shared<call_book<call>>();
    s.input<int>({{1, 2}, {}, {3}, {4, 5}}, 2)
      .named("seen")
      .foreach_batch([book](const dataset<int>& batch, event_time time) {
        book->add({time, batch.collect(), batch.fold(0, std::plus<>{})}); // datasets have actions here
      });
    s.look_afterwards([book, numbers_of = s.numbers()] {
      const batches<int> expected{{1, 2}, {}, {3}, {4, 5}};
      auto calls = book->all();
      REQUIRE(calls.size() >= expected.size());
      for (std::size_t at = 0; at < calls.size(); ++at) {
        INFO("call " << at + 1);
        CHECK(calls[at].time == numbers_of->time_of(at)); // also for the batches behind the last element
        CHECK(calls[at].records == (at < expected.size() ? expected[at] : numbers{}));
        CHECK(calls[at].sum == std::accumulate(calls[at].records.begin(), calls[at].records.end(), 0));
      }
    });
  });
}

TEST_CASE("foreach_batch gets a key that names output and batch, the same when it is called again", "[outputs]") {
  on_both([](scenario& s) {
    auto book = std::make_shared<call_book<std::pair<batch_key, numbers>>>();
    auto failures = std::make_shared<int>(2);
    s.input<int>({{1}, {2}, {3}})
      .named("seen")
      .foreach_batch([book, failures](const dataset<int>& batch, const batch_key& key) {
        book->add({key, batch.collect()});
        if (batch.take(1) == numbers{2} && (*failures)-- > 0)
          throw std::runtime_error{"not now"};
      });
    s.look_afterwards([book, numbers_of = s.numbers()] {
      auto calls = book->all();
      REQUIRE(calls.size() >= 5);
      for (auto& [key, records] : calls)
        CHECK(key.output == "seen");
      std::vector<numbers> tried;
      for (std::size_t at = 0; at < 5; ++at)
        tried.push_back(calls[at].second);
      CHECK(tried == batches<int>{{1}, {2}, {2}, {2}, {3}});
      CHECK(calls[1].first == calls[2].first);
      CHECK(calls[2].first == calls[3].first);
      CHECK(calls[1].first.text() == calls[3].first.text());
      CHECK(calls[0].first.batch < calls[1].first.batch);
      CHECK(calls[3].first.batch < calls[4].first.batch);
      CHECK(calls[0].first.time == numbers_of->time_of(0));
      CHECK(calls[4].first.time == numbers_of->time_of(2));
    });
  });
}

TEST_CASE("foreach_partition is called once for each partition, with a key that names output, batch and partition",
          "[outputs]") {
  on_both([](scenario& s) {
    auto book = std::make_shared<call_book<std::pair<partition_key, numbers>>>();
    s.input<int>({{1, 2, 3, 4}, {}, {5}}, 2)
      .named("parts")
      .foreach_partition([book](const partition_key& key, std::span<const int> records) {
        book->add({key, {records.begin(), records.end()}});
      });
    s.look_afterwards([book, numbers_of = s.numbers()] {
      auto calls = book->all(); // only partitions with records
      REQUIRE(calls.size() == 3);
      CHECK(calls[0].second == numbers{1, 2});
      CHECK(calls[1].second == numbers{3, 4});
      CHECK(calls[2].second == numbers{5});
      CHECK(calls[0].first.partition == partition_index{0});
      CHECK(calls[1].first.partition == partition_index{1});
      CHECK(calls[2].first.partition == partition_index{1}); // of one record: the second half
      CHECK(calls[0].first.batch == calls[1].first.batch);
      CHECK(calls[0].first.time == numbers_of->time_of(0));
      CHECK(calls[2].first.time == numbers_of->time_of(2));
      std::set<std::string> texts;
      for (auto& [key, records] : calls) {
        CHECK(key.output == "parts");
        texts.insert(key.text());
      }
      CHECK(texts.size() == 3);
    });
  });
}

TEST_CASE("save_as_text_files writes a directory a batch, named by prefix, time and suffix", "[outputs]") {
  on_both([](scenario& s) {
    auto directory = std::make_shared<temporary_directory>();
    auto prefix = directory->path() + "/deep/counts";
    s.input<counted>({{{"a", 1}, {"b", 2}, {"a", 3}}, {}, {{"", 4}}}, 2)
      .named("saved")
      .save_as_text_files(prefix, "txt");
    s.look_afterwards([directory, prefix, numbers_of = s.numbers()] {
      auto first = directory_of(prefix, numbers_of->time_of(0), ".txt");
      auto third = directory_of(prefix, numbers_of->time_of(2), ".txt");
      CHECK(files_in(directory->path() + "/deep").size() == 2); // nothing for a batch without records
      CHECK(files_in(first) == std::vector<std::string>{"_SUCCESS", "part-00000", "part-00001"});
      CHECK(read_text(first).collect() == std::vector<std::string>{"a\t1", "b\t2", "a\t3"});
      CHECK(files_in(third) == std::vector<std::string>{"_SUCCESS", "part-00001"});
      CHECK(read_text(third).collect() == std::vector<std::string>{"\t4"});
    });
  });
}

TEST_CASE("what save_as_object_files wrote is read again by read_objects", "[outputs]") {
  using rich = std::pair<std::string, std::vector<std::optional<double>>>;
  on_both([](scenario& s) {
    auto directory = std::make_shared<temporary_directory>();
    auto prefix = directory->path() + "/objects";
    const batches<rich> saved{{{"a\nb", {0.1, std::nullopt}}, {"", {}}}, {}, {{"c", {-2.0}}}};
    s.input(saved, 2).named("saved").save_as_object_files(prefix);
    s.look_afterwards([directory, prefix, saved, numbers_of = s.numbers()] {
      CHECK(files_in(directory->path()).size() == 2);
      for (std::size_t batch : {0u, 2u})
        CHECK(read_objects<rich>(directory_of(prefix, numbers_of->time_of(batch), "")).collect() == saved[batch]);
    });
  });
}
