#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libstream/base/error.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/records.hpp"
#include "libstream/plan/replayable_source.hpp"

namespace weir::actors {

/// What a batch, and a task of it, takes of partitions at most, however few bytes they have: each costs its place in the batch's record, and a
/// file to be opened.
inline constexpr std::size_t max_batch_ranges = 8192;
/// Map tasks of a batch; also one that reads blocks of many epochs.
inline constexpr std::size_t max_batch_splits = 8192;
inline constexpr std::size_t max_split_ranges = 512;

/// Input that is on its way into the log, or can be read again where it is, and in no batch yet, and how a batch's share of it is cut into
/// splits. A pure class, one thread. The cut follows from what waits and from the limits alone; once sealed it is never cut again.
class input_queue {
public:
  input_queue() = default;
  input_queue(const input_queue&) = delete;
  input_queue& operator=(const input_queue&) = delete;

  struct amount {
    std::uint64_t records = 0; ///< of blocks
    std::uint64_t bytes = 0;   ///< of offsets about
  };
  struct share {
    std::vector<log::split> splits; ///< in map-index order
    std::uint64_t bytes = 0;
    std::uint64_t records = 0; ///< of blocks; those of offset ranges are known when they have been read
    std::map<input_id, amount> inputs;
  };

  /// What the log says of partitions; those that are absent it does not know. Partitions of which all is in the log are not kept here: whoever
  /// brings news of them brings this along.
  using logged_positions = std::map<std::pair<input_id, std::string>, log::partition_position>;

  /// What the log says was sealed before.
  void sealed_before(input_id input, weir::epoch owner, block_sequence through);
  /// A file of which a batch has read the beginning: the rest follows, found or not. If it is gone, reading says so.
  void begun_before(input_id input, const std::string& partition, const log::partition_position& position);

  /// Adds the blocks that follow those known; earlier ones are ignored. False if one is missing in between: ask again.
  /// `durable`: up to here they are in the log, so not void.
  bool blocks_ready(input_id input, weir::epoch owner, const std::vector<log::block_header>& headers,
                    block_sequence durable = {});
  /// Blocks behind `through` that wait are void, and so are those that are added later and are not durable. True if any waited.
  bool void_behind(input_id input, weir::epoch owner, block_sequence through);
  /// Whether all blocks up to `through` have been added, but for void ones.
  bool knows_through(input_id input, weir::epoch owner, block_sequence through) const;
  /// The greatest sequence of (input, epoch) that has been added.
  block_sequence known_through(input_id input, weir::epoch owner) const;
  /// Whether only the log may know this partition.
  bool must_look_up(input_id input, const std::string& partition) const;
  /// Adds partitions that are not known by name yet, and what known ones have grown by. A final one that is not what it was when some of it
  /// was sealed adds nothing: the answer has its name. Error 65: one that grows has been replaced, or has lost what was sealed.
  result<std::vector<std::string>> offsets_found(input_id input, const std::vector<plan::source_partition>& partitions,
                                                 const logged_positions& logged = {});
  /// Final partitions that are not any more what they were when they were found: of those of which nothing is sealed, nothing is until they are
  /// found again. The answer has the names of the others.
  std::vector<std::string> offsets_changed(input_id input, const std::vector<std::string>& partitions,
                                           const logged_positions& logged = {});
  /// How many partitions of the input were found that batches had read whole before; 0 if anything else was found, too.
  std::uint64_t only_read_before(input_id input) const;
  /// A batch is committed: final partitions that end with it are known to the log.
  void committed(const log::batch_record& batch);
  /// Forgets offsets of which nothing more shall be sealed: the application drains.
  void drop_offsets();

  bool empty() const;
  /// Whether this block waits to be sealed.
  bool waits(const block_id& id) const;
  /// Bytes that wait to be sealed, over all inputs.
  std::uint64_t waiting_bytes() const;
  /// What waits of one input; of offsets without records.
  amount waiting(input_id input) const;
  /// Inputs that have something to seal.
  int waiting_inputs() const;

  /// Batches take no more than this of the input's offsets from now on, and none of them if it is 0; empty = no bound of its own.
  void pace(input_id input, std::optional<std::uint64_t> bytes);
  /// What would be taken next of the input's offsets, if it were about `bytes`: at most `most_ranges`.
  std::vector<offset_range> next_offsets(input_id input, std::uint64_t bytes, std::size_t most_ranges) const;
  /// The next batch takes these of the input's offsets, or the first of them, and no others. False, and nothing is changed, if they are not any
  /// more what comes next of their partitions.
  bool allow(input_id input, std::vector<offset_range> ranges);
  /// Whether `take` would take anything.
  bool may_take() const { return !inputs_to_take().empty(); }

  /// Takes at most `max_bytes` out, fairly over the inputs; at least one block or offset of each that waits and is not held back by its pace.
  share take(std::uint64_t max_bytes, std::uint64_t split_bytes);

private:
  /// Sums of what may be nearly endless.
  __extension__ using byte_sum = unsigned __int128;
  struct line {
    block_sequence known;
    std::deque<log::block_header> blocks;
    amount waiting;
    std::optional<block_sequence> ends_at; ///< what is behind that, and not durable, is void
  };
  struct replayed_partition {
    log::partition_position position;
    std::uint64_t offset_bytes = 1;
    bool grows = false;
    bool waits = false; ///< is in `unread`

    std::uint64_t unread() const { return position.end - std::min(position.end, position.sealed_to); }
    std::uint64_t unread_bytes() const;
  };
  using named_partition = std::pair<const std::string, replayed_partition>;
  /// An input that can be read again.
  struct replayed_input {
    std::map<std::string, replayed_partition> known; ///< by name: those of which the log does not know all
    std::deque<named_partition*> unread;             ///< of `known`, in the order of their turns
    byte_sum unread_bytes = 0;                       ///< of those
    std::uint64_t read_before = 0;                   ///< final ones that were found and known to be read
    bool has_new = false;                            ///< something was found that was not
    std::optional<std::uint64_t> most_bytes{};
    std::vector<offset_range> allowed{}; ///< not empty: these, and no others

    /// Puts it into the queue, if there is something to read of it.
    void wait(named_partition& partition);
    /// While a partition is changed its bytes are not counted.
    void uncount(const named_partition& partition);
    void count(const named_partition& partition);
  };
  /// A batch's share of one such input while it is cut.
  struct cutting {
    input_id input;
    std::uint64_t budget;
    std::size_t ranges_left;
    std::uint64_t split_bytes;
    log::split current;
    share& into;

    bool full() const { return budget == 0 || ranges_left == 0; }
  };

  /// What the next batch may take of the input.
  std::uint64_t wanted_bytes(input_id input) const;
  void take_blocks(input_id input, std::uint64_t budget, std::uint64_t split_bytes, share& into);
  static void take_offsets(replayed_input& from, cutting& cut);
  static void take_allowed(replayed_input& from, cutting& cut);
  static void cut_partition(named_partition& from, std::uint64_t most_bytes, cutting& cut);
  std::vector<input_id> inputs_with_work() const;
  std::vector<input_id> inputs_to_take() const;
  /// What is known of a partition, here or in the log.
  std::optional<log::partition_position> position_of(input_id input, const std::string& partition,
                                                     const logged_positions& logged) const;

  std::map<std::pair<input_id, weir::epoch>, line> lines_;
  std::map<input_id, replayed_input> replayed_;
};

} // namespace weir::actors
