#include "libstream/log/joint_log.hpp"

#include <utility>
#include <variant>
#include <vector>

#include "libstream/log/block_log.hpp"

namespace weir::log {

result<joint_log> joint_log::load(const store& from) {
  auto batches = batch_log::load(from);
  if (!batches)
    return tl::make_unexpected(batches.error());
  auto blocks = block_fence::load(from);
  if (!blocks)
    return tl::make_unexpected(blocks.error());
  joint_log loaded;
  loaded.batches_ = std::move(*batches);
  loaded.blocks_ = std::move(*blocks);
  return loaded;
}

batch_answer joint_log::apply(const batch_command& command, const parts_of& parts, transaction& changes) {
  if (auto opening = std::get_if<open_command>(&command))
    return take(*opening, changes);
  if (auto sealing = std::get_if<seal_command>(&command))
    return take(*sealing, changes);
  if (auto committing = std::get_if<commit_command>(&command))
    return take(*committing, parts, changes);
  if (auto finishing = std::get_if<finish_command>(&command))
    return take(*finishing, changes);
  return batches_.apply(command, changes);
}

batch_answer joint_log::take(const open_command& command, transaction& changes) {
  auto answer = batches_.apply(command, changes);
  if (answer.verdict == verdict::written || answer.verdict == verdict::repeated)
    blocks_.open(command.input, answer.epoch);
  return answer;
}

/// The node is asked only about a seal that would pass otherwise: one of an older coordinator is refused, whatever its blocks.
batch_answer joint_log::take(const seal_command& command, transaction& changes) {
  if (batches_.judge(command) == verdict::written)
    switch (presence_of(command.record, blocks_)) {
      case block_presence::state::here: break;
      case block_presence::state::coming: return {verdict::wait, {}};
      case block_presence::state::lost: return {verdict::never, {}};
    }
  return batches_.apply(command, changes);
}

batch_answer joint_log::take(const commit_command& command, const parts_of& parts, transaction& changes) {
  auto answer = batches_.apply(command, changes);
  if (answer.verdict == verdict::written)
    stage(changes, command.record, parts(command.record));
  return answer;
}

batch_answer joint_log::take(const finish_command& command, transaction& changes) {
  auto open = batches_.fence().find(command.batch);
  auto blocks = open ? open->blocks : std::vector<block_range>{};
  auto answer = batches_.apply(command, changes);
  if (answer.verdict == verdict::written) {
    free_blocks(changes, blocks);
    free_staged(changes, command.batch);
  }
  return answer;
}

} // namespace weir::log
