#include "libstream/plan/offenders.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "libstream/base/limits.hpp"
#include "libstream/data/frames.hpp"

namespace weir::plan {

namespace {

using positions = std::vector<std::uint64_t>;

std::string_view without_line_end(std::string_view line) {
  if (!line.empty() && line.back() == '\n')
    line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r')
    line.remove_suffix(1);
  return line;
}

/// Takes the first record off `rest`, with its frame or line end. What is no frame is one record.
std::string_view take_record(std::string_view& unread, const stage& of) {
  auto before = unread;
  if (of.framed()) {
    if (!data::take_frame(unread))
      unread = {};
  } else {
    auto newline = static_cast<const char*>(std::memchr(unread.data(), '\n', unread.size()));
    unread.remove_prefix(newline ? static_cast<std::size_t>(newline - unread.data()) + 1 : unread.size());
  }
  return before.substr(0, before.size() - unread.size());
}

/// What such a record says.
std::string text_of(std::string_view record, const physical_plan& plan, const stage& of) {
  auto unread = record;
  auto frame = of.framed() ? data::take_frame(unread) : std::nullopt;
  return plan.record_text(of.index, frame ? *frame : of.framed() ? record : without_line_end(record));
}

/// A record with its frame or line end, and the piece that it is of.
struct placed_record {
  std::string_view bytes;
  const text_piece* piece;
};

std::vector<placed_record> records_of(const std::vector<text_piece>& pieces, const stage& of) {
  std::vector<placed_record> records;
  for (auto& piece : pieces)
    for (auto unread = piece.bytes; !unread.empty();)
      records.push_back({take_record(unread, of), &piece});
  return records;
}

/// Pieces of chosen records: neighbours stay one piece.
class piece_builder {
public:
  void add(std::string_view record, const text_piece& piece) {
    if (&piece == std::exchange(piece_, &piece))
      chosen_.back().bytes = {chosen_.back().bytes.data(), chosen_.back().bytes.size() + record.size()};
    else
      chosen_.push_back({record, piece.owner});
  }
  void leave_out() { piece_ = nullptr; }
  std::vector<text_piece> take() { return std::move(chosen_); }

private:
  std::vector<text_piece> chosen_;
  const text_piece* piece_ = nullptr; ///< of the record before, if that was chosen
};

/// Records `from` to `to`, both included, without those at `out` (ascending).
std::vector<text_piece> some_of(const std::vector<placed_record>& records, std::uint64_t from, std::uint64_t to,
                                const positions& out) {
  piece_builder chosen;
  for (auto index = from; index <= to && index < records.size(); ++index)
    if (std::binary_search(out.begin(), out.end(), index))
      chosen.leave_out();
    else
      chosen.add(records[index].bytes, *records[index].piece);
  return chosen.take();
}

/// What can be left out of a task, one after the other: records of an input, or hashes of keys.
class parts {
public:
  parts(const stage& of, const task_input& input) : reads_input_{of.reads_text}, input_{input} {
    if (!reads_input_)
      return;
    records_ = records_of(input.text, of);
    last_ = records_.empty() ? 0 : records_.size() - 1;
  }

  /// Whether they are records, which are few enough to be listed.
  bool are_records() const { return reads_input_; }
  std::uint64_t count() const {
    if (reads_input_)
      return records_.size();
    std::uint64_t entries = 0; // at least as many as keys
    for (auto& way : input_.runs)
      for (auto& run : way)
        entries += run->entries();
    return entries;
  }
  std::uint64_t first() const { return 0; }
  std::uint64_t last() const { return last_; }
  /// That in which the record lies; 0 for keys.
  std::size_t piece_of(std::uint64_t position) const {
    return position < records_.size() ? static_cast<std::size_t>(records_[position].piece - input_.text.data()) : 0;
  }

  /// The task with the parts from `from` to `to`, both included, without those at `out` (ascending).
  task_input only(std::uint64_t from, std::uint64_t to, const positions& out) const {
    auto some = input_;
    if (reads_input_) {
      some.text = some_of(records_, from, to, out);
    } else {
      some.keys.first = from;
      some.keys.last = to;
      some.keys.left_out = out;
    }
    return some;
  }

private:
  bool reads_input_;
  const task_input& input_;
  std::vector<placed_record> records_;
  std::uint64_t last_ = ~std::uint64_t{0};
};

class search {
public:
  search(const physical_plan& plan, const task_input& input, const offender_search& how)
    : plan_{plan},
      of_{plan.stages()[input.stage.value]},
      parts_{of_, input},
      input_{input},
      how_{how},
      most_{std::max<std::uint64_t>(how.always,
                                    static_cast<std::uint64_t>(how.share * static_cast<double>(parts_.count())))},
      out_{how.known} {}

  result<std::vector<offender>> run() {
    while (!enough()) {
      auto failed = fails(parts_.first(), parts_.last());
      if (!failed)
        return tl::make_unexpected(failed.error());
      if (!*failed)
        break;
      auto before = offenders_.size();
      if (auto done = halve(parts_.first(), parts_.last()); !done)
        return tl::make_unexpected(done.error());
      if (offenders_.size() == before)
        if (auto done = shorten(); !done)
          return tl::make_unexpected(done.error());
      if (offenders_.size() == before)
        break; // it fails now and then, whatever it is given
    }
    return with_texts();
  }

private:
  bool enough() const { return how_.only_one && !offenders_.empty(); }

  /// Whether a user function fails on this part of the input; then `problem_` says how.
  result<bool> fails(std::uint64_t from, std::uint64_t to) {
    auto computed = plan_.run(parts_.only(from, to, out_));
    if (computed)
      return false;
    if (computed.error().thrown_by.empty())
      return tl::make_unexpected(computed.error());
    problem_ = computed.error();
    return true;
  }

  /// Whether it does so every time.
  result<bool> always_fails(std::uint64_t from, std::uint64_t to) {
    for (std::uint32_t runs = 0; runs < how_.tries; ++runs)
      if (auto failed = fails(from, to); !failed || !*failed)
        return failed;
    return true;
  }

  /// [from, to] fails: finds what fails in it by itself.
  result<void> halve(std::uint64_t from, std::uint64_t to) {
    auto middle = from + (to - from) / 2;
    auto failed = from == to ? always_fails(from, to) : fails(from, middle);
    if (!failed)
      return tl::make_unexpected(failed.error());
    if (from == to)
      return *failed ? add(from) : result<void>{};
    if (!*failed)
      return halve(middle + 1, to); // so it is there, unless it takes both sides to fail
    if (auto done = halve(from, middle); !done)
      return done;
    if (enough())
      return {};
    auto also = fails(middle + 1, to);
    if (!also)
      return tl::make_unexpected(also.error());
    return *also ? halve(middle + 1, to) : result<void>{};
  }

  /// All fails, but nothing by itself: the shortest beginning that fails, and of that the last.
  result<void> shorten() {
    auto passes = parts_.first(); // the beginning that ends before this one passes
    auto broken = parts_.last();  // the one that ends with it fails
    while (passes < broken) {
      auto middle = passes + (broken - passes) / 2;
      auto failed = fails(parts_.first(), middle);
      if (!failed)
        return tl::make_unexpected(failed.error());
      if (*failed)
        broken = middle;
      else
        passes = middle + 1;
    }
    auto failed = always_fails(parts_.first(), broken);
    if (!failed)
      return tl::make_unexpected(failed.error());
    if (!*failed)
      return {};
    if (!parts_.are_records())
      return add(broken);
    auto guilty = guilty_one(broken);
    return guilty ? add(*guilty) : tl::make_unexpected(guilty.error());
  }

  /// The beginning that ends with `last` fails, a shorter one does not. If it takes one earlier record to fail with it, it may be either's fault:
  /// the earlier one's, if that also fails with a later record with which `last` does not fail.
  result<std::uint64_t> guilty_one(std::uint64_t last) {
    auto partner = latest_beginning(last);
    if (!partner || *partner == last)
      return partner;
    auto pair = fails_together({*partner, last});
    if (!pair)
      return tl::make_unexpected(pair.error());
    auto other = *pair ? first_with(*partner, last) : result<std::uint64_t>{none};
    if (!other)
      return other;
    if (*other == none)
      return last;
    auto also_with_last = fails_together({last, *other});
    if (!also_with_last)
      return tl::make_unexpected(also_with_last.error());
    if (*also_with_last)
      return last;
    auto again = fails_together({*partner, last}); // so that it is the last problem that is told
    if (!again)
      return tl::make_unexpected(again.error());
    return *again ? *partner : last;
  }

  /// The greatest `from` such that [from, last] fails.
  result<std::uint64_t> latest_beginning(std::uint64_t last) {
    auto broken = parts_.first(); // from here on it fails
    auto passes = last + 1;       // and from here on it does not
    while (broken + 1 < passes) {
      auto middle = broken + (passes - broken) / 2;
      auto failed = fails(middle, last);
      if (!failed)
        return tl::make_unexpected(failed.error());
      (*failed ? broken : passes) = middle;
    }
    return broken;
  }

  /// The first record behind `last` that fails together with `partner` and nothing else; `none` if there is none that can be told.
  result<std::uint64_t> first_with(std::uint64_t partner, std::uint64_t last) {
    auto passes = last; // [partner] and what is behind `last`, up to here
    auto broken = parts_.last() + 1;
    while (passes + 1 < broken) {
      auto middle = passes + (broken - passes) / 2;
      auto failed = fails_without(partner, middle, last);
      if (!failed)
        return tl::make_unexpected(failed.error());
      (*failed ? broken : passes) = middle;
    }
    if (broken > parts_.last())
      return none;
    auto pair = fails_together({partner, broken});
    if (!pair)
      return tl::make_unexpected(pair.error());
    return *pair ? broken : none;
  }

  result<bool> fails_together(std::pair<std::uint64_t, std::uint64_t> both) {
    return fails_without(both.first, both.second, both.second - 1);
  }
  /// `from` and what is behind `gap`, up to `to`.
  result<bool> fails_without(std::uint64_t from, std::uint64_t to, std::uint64_t gap) {
    auto before = out_;
    for (auto between = from + 1; between <= gap; ++between)
      if (auto place = std::lower_bound(out_.begin(), out_.end(), between); place == out_.end() || *place != between)
        out_.insert(place, between);
    auto failed = fails(from, to);
    out_ = std::move(before);
    return failed;
  }

  result<void> add(std::uint64_t position) {
    if (out_.size() >= most_) {
      problem_.what = "more than " + std::to_string(most_) + (parts_.are_records() ? " records" : " keys") +
                      " of one task fail, the last with: " + problem_.what;
      problem_.hint =
        "mend the function: so many are not poison; or raise isolate.share, which is " + share_in_percent();
      return tl::make_unexpected(problem_);
    }
    auto told = offenders_.size() < 1000 ? limits::problem_bytes : limits::later_problem_bytes;
    offenders_.push_back({position, parts_.piece_of(position), {}, problem_.thrown_by, problem_.what.substr(0, told)});
    out_.insert(std::lower_bound(out_.begin(), out_.end(), position), position);
    return {};
  }

  std::string share_in_percent() const {
    return std::to_string(std::lround(how_.share * 100)) + " % of a task's records";
  }

  result<std::vector<offender>> with_texts() {
    std::sort(offenders_.begin(), offenders_.end(), [](auto& a, auto& b) { return a.position < b.position; });
    positions where;
    for (auto& each : offenders_)
      where.push_back(each.position);
    auto nothing = input_;
    auto texts = leave_out(nothing, plan_, where);
    if (!of_.reads_text) {
      nothing.keys.first = 1; // to 0: no key is taken, those left out are named all the same
      nothing.keys.last = 0;
      auto named = plan_.run(nothing);
      if (!named)
        return tl::make_unexpected(named.error());
      for (auto hash : where)
        texts.push_back(named->left_out[hash]);
    }
    for (std::size_t i = 0; i < offenders_.size(); ++i)
      offenders_[i].text = std::move(texts[i]);
    return std::move(offenders_);
  }

  const physical_plan& plan_;
  const stage& of_;
  parts parts_;
  const task_input& input_;
  static constexpr std::uint64_t none = ~std::uint64_t{0};

  const offender_search& how_;
  std::uint64_t most_; ///< to be left out
  std::vector<offender> offenders_;
  positions out_; ///< those known before and those of `offenders_`, ascending
  error problem_;
};

} // namespace

result<std::vector<offender>> find_offenders(const physical_plan& plan, const task_input& input,
                                             const offender_search& how) {
  return search{plan, input, how}.run();
}

std::vector<std::string> leave_out(task_input& input, const physical_plan& plan,
                                   const std::vector<std::uint64_t>& positions) {
  std::vector<std::string> texts;
  if (positions.empty())
    return texts;
  auto& of = plan.stages()[input.stage.value];
  if (!of.reads_text) {
    input.keys.left_out = positions;
    return texts;
  }
  piece_builder rest_of_it;
  auto next = positions.begin();
  std::uint64_t position = 0;
  for (auto& piece : input.text)
    for (auto unread = piece.bytes; !unread.empty(); ++position) {
      if (next == positions.end()) {
        rest_of_it.add(unread, piece); // the rest of the piece at once
        break;
      }
      auto record = take_record(unread, of);
      if (*next != position) {
        rest_of_it.add(record, piece);
        continue;
      }
      texts.push_back(text_of(record, plan, of));
      rest_of_it.leave_out();
      ++next;
    }
  texts.resize(positions.size()); // one for each, whatever the log names
  input.text = rest_of_it.take();
  return texts;
}

} // namespace weir::plan
