#include "bench/engine/log_alone.hpp"

#include <chrono>
#include <stdexcept>

#include "libstream/data/checksum.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/keys.hpp"
#include "libstream/log/lmdb_store.hpp"

namespace weir::bench {

namespace {

constexpr std::uint64_t commit_bytes = 8 * limits::mib;
/// What a running application would keep: receivers' and batches' share of the log.
constexpr std::uint64_t kept_bytes = 64 * limits::mib;

} // namespace

double log_alone_bytes_per_s(const std::vector<data::buffer_handle>& blocks, const std::filesystem::path& directory,
                             std::uint64_t total_bytes) {
  std::filesystem::create_directories(directory);
  auto store = log::lmdb_store::create(directory.string());
  if (!store)
    throw std::runtime_error{store.error().message()};
  block_id next{input_id{0}, epoch{1}, block_sequence{1}};
  block_sequence kept = next.sequence;
  auto began = std::chrono::steady_clock::now();
  std::uint64_t written = 0;
  for (std::size_t at = 0; written < total_bytes;) {
    log::transaction group;
    for (std::uint64_t held = 0; held < commit_bytes; at = (at + 1) % blocks.size()) {
      log::block_header header;
      header.id = next;
      header.bytes = blocks[at]->size();
      header.checksum = data::checksum(blocks[at]->view());
      log::append_block(group, header, blocks[at]->view(), blocks[at]);
      held += header.bytes;
      written += header.bytes;
      next.sequence = next.sequence.next();
    }
    if (written > kept_bytes) {
      auto until = block_sequence{kept.value + commit_bytes / limits::block_bytes};
      auto keys = log::blocks_between(next.input, next.epoch, kept, until);
      group.erase_range(log::table::blocks, std::move(keys.from), std::move(keys.until));
      kept = until.next();
    }
    if (auto done = (*store)->commit(group); !done)
      throw std::runtime_error{done.error().message()};
  }
  auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  store->reset();
  std::filesystem::remove_all(directory);
  return static_cast<double>(written) / took;
}

} // namespace weir::bench
