#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libstream/base/error.hpp"
#include "libstream/base/fields.hpp"
#include "libstream/base/offset_range.hpp"
#include "libstream/plan/text_piece.hpp"

/// The border between input that stays where it is and the runtime, which plans what each batch reads of it. Nothing is copied into
/// the log: a batch's seal holds ranges of offsets, and every attempt at the batch, also after a restart, reads them again.
namespace weir::plan {

/// One named log of a source, as it is now. Offsets are positions that only the source understands: they rise, and may be cut anywhere.
struct source_partition {
  std::string name;         ///< unique in the source, stable, 1 to 255 bytes
  std::uint64_t end = 0;    ///< offsets below it can be read now
  std::int64_t version = 0; ///< of the content: what changes or replaces bytes that could be read changes it
  bool grows = false;       ///< `end` may rise later. False: content and end are final. The same in every answer
  std::uint64_t begin = 0;  ///< where reading begins if nothing of it was ever sealed
  /// About how many bytes an offset stands for, 1 to 4 GiB: the bounds of batches are kept by it.
  std::uint64_t offset_bytes = 1;

  bool operator==(const source_partition&) const = default;
  WEIR_FIELDS(x.name, x.end, x.version, x.grows, x.begin, x.offset_bytes)
};

/// How records lie in the bytes that a source reads.
enum class record_form : std::uint8_t {
  lines,  ///< text records, each ended by a newline; the last one may lack it
  frames, ///< any records: a length (seven bits a byte, the lowest first), then that many bytes (`data/frames.hpp`)
};

/// Input that can be read again: files of a directory, topics of a broker, tables of changes. Everything may be called by any thread, and
/// by several at once; all may block, and what blocks `read` holds up its task only. An exception counts as an error.
class replayable_source {
public:
  virtual ~replayable_source() = default;

  /// The same in every start.
  virtual record_form form() const = 0;

  /// What there is now, in the order in which it shall be read; partitions that grow take turns. Asked about ten times a second.
  ///
  /// * A partition is known by its name, for good: a final one is read once, and what it is told later of a name changes nothing.
  /// * One that grows keeps its version, and its end does not go back; otherwise the application stops with 65.
  /// * One of which nothing can be said now is left out. It may vanish once all that was sealed of it is committed.
  ///
  /// An error is reported to people, and the question asked again.
  virtual result<std::vector<source_partition>> partitions() const = 0;

  /// The records that begin in `range`, in order, none else, and the same bytes whenever it is asked. At least
  /// `limits::read_padding` bytes behind the end of each piece are readable, as `text_piece_of` sees to; no piece ends within a record.
  /// Records longer than `max_record_bytes` are skipped and counted by the stage; a line of which that is certain may be cut off there
  /// if it ends its piece.
  ///
  /// Error 65 that names the partition: these records cannot be had any more, or others are in their place (`range.version`). The
  /// application stops, and so it does with any other error: whoever fetches over a network tries again here.
  virtual result<std::vector<text_piece>> read(const offset_range& range, std::size_t max_record_bytes) const = 0;

  /// What a person calls that partition, e.g. "file /in/a.txt".
  virtual std::string describe(std::string_view partition) const { return "log " + std::string{partition}; }
};

} // namespace weir::plan
