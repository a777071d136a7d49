#include "libstream/log/page_check.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "libstream/log/disk_advice.hpp"

// The file format is that of LMDB 0.9 on 64 bits (lmdb's mdb.c: MDB_page, MDB_node, MDB_db, MDB_meta).

namespace weir::log {

namespace {

static_assert(std::endian::native == std::endian::little && sizeof(std::size_t) == 8);

constexpr std::uint64_t no_page = ~std::uint64_t{0};
constexpr std::uint32_t magic = 0xBEEFC0DE;
constexpr std::uint32_t version = 1;
constexpr std::size_t page_header_bytes = 16;
constexpr std::size_t node_header_bytes = 8;
constexpr std::size_t most_key_bytes = 511;
/// LMDB's cursors go no deeper.
constexpr std::uint16_t most_depth = 32;
constexpr std::uint16_t branch = 0x01, leaf = 0x02, overflow = 0x04, meta_page = 0x08;
constexpr std::uint16_t big_value = 0x01, sub_tree = 0x02;
constexpr std::uint16_t integer_keys = 0x08;

template <class T>
T get(std::string_view bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// MDB_db.
struct tree {
  static constexpr std::size_t bytes = 48;
  std::uint32_t pad;
  std::uint16_t flags, depth;
  std::uint64_t branch_pages, leaf_pages, overflow_pages, entries, root;

  static tree read(std::string_view from) {
    return {get<std::uint32_t>(from, 0),  get<std::uint16_t>(from, 4),  get<std::uint16_t>(from, 6),
            get<std::uint64_t>(from, 8),  get<std::uint64_t>(from, 16), get<std::uint64_t>(from, 24),
            get<std::uint64_t>(from, 32), get<std::uint64_t>(from, 40)};
  }
};

/// MDB_meta.
struct meta {
  tree free, main;
  std::uint64_t last_page, transaction;
};

/// MDB_page, MDB_node: one page of a tree, whose bounds have been checked.
struct node {
  std::string_view key;
  std::uint16_t flags = 0;
  std::uint64_t child = 0;     ///< branch
  std::uint64_t size = 0;      ///< leaf: of the value
  std::string_view value = {}; ///< leaf: what lies in the page, a page number for a big value
};

class checker {
public:
  checker(const std::string& file, std::optional<std::uint64_t> snapshot, bool after_failed_write)
    : file_{file}, snapshot_{snapshot}, after_failed_write_{after_failed_write} {}
  ~checker() {
    if (descriptor_ >= 0)
      ::close(descriptor_);
  }
  checker(const checker&) = delete;
  checker& operator=(const checker&) = delete;

  result<void> run() {
    descriptor_ = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0)
      return unreadable(errno);
    auto file_bytes = static_cast<std::uint64_t>(status.st_size);
    auto both = read_metas(file_bytes);
    if (!both)
      return tl::make_unexpected(both.error());
    auto pages = std::max<std::uint64_t>(file_bytes / page_bytes_, 2); // what is in use was written whole
    auto& [even, odd] = *both;
    if (snapshot_) {
      for (auto& each : *both)
        if (each.transaction == *snapshot_)
          return walk_all(each, pages);
      return {};
    }
    auto newest = even.transaction > odd.transaction ? 0u : 1u;
    for (std::uint64_t number = 0; number < 2; ++number)
      if (auto proven = number != newest && after_failed_write_ ? result<void>{}
                                                                : check_transaction((*both)[number], number, pages);
          !proven)
        return proven;
    return walk_all((*both)[newest], pages);
  }

private:
  enum class kind { free_pages, tables, values };

  struct walk {
    const tree& of;
    kind values;
    const std::string& name;
    std::uint64_t branch_pages = 0, leaf_pages = 0, overflow_pages = 0, entries = 0;
  };

  // -- the first pages ---------------------------------------------------------------------------------------------------

  result<std::array<meta, 2>> read_metas(std::uint64_t file_bytes) {
    auto first = read(0, 4096);
    if (!first)
      return tl::make_unexpected(first.error());
    page_bytes_ = get<std::uint32_t>(*first, page_header_bytes + 24);
    if (page_bytes_ < 512 || page_bytes_ > 65536 || !std::has_single_bit(page_bytes_))
      return damage(0, "it gives no page size");
    if (file_bytes < 2 * page_bytes_)
      return damage(1, "it is missing");
    auto bytes = read(0, 2 * page_bytes_);
    if (!bytes)
      return tl::make_unexpected(bytes.error());
    std::array<meta, 2> both;
    for (std::uint64_t number = 0; number < 2; ++number) {
      auto read = read_meta(std::string_view{*bytes}.substr(number * page_bytes_, page_bytes_), number);
      if (!read)
        return tl::make_unexpected(read.error());
      both[number] = *read;
    }
    return both;
  }

  /// Transactions write the first two pages by turns, and the greater number counts: a wrong one would bring an older state back. Each
  /// transaction but the first notes the pages that it frees under its number. Those of both are there, as the one after them
  /// must not use their pages.
  result<void> check_transaction(const meta& of, std::uint64_t number, std::uint64_t pages) {
    if (of.transaction % 2 != number && of.transaction != 0)
      return damage(number, "its transaction should be in the other first page");
    begin_walk(of, pages);
    if (auto walked = walk_tree(of.free, kind::free_pages, "free pages"); !walked)
      return walked;
    if (of.free.entries == 0 ? of.transaction > 1 : of.transaction != greatest_free_)
      return damage(number, "its transaction is not the one that wrote it");
    return {};
  }

  result<meta> read_meta(std::string_view page, std::uint64_t number) const {
    auto body = page.substr(page_header_bytes);
    if (get<std::uint64_t>(page, 0) != number || get<std::uint16_t>(page, 10) != meta_page ||
        get<std::uint32_t>(body, 0) != magic || get<std::uint32_t>(body, 4) != version)
      return damage(number, "it is no first page of a log");
    meta decoded{tree::read(body.substr(24)), tree::read(body.substr(24 + tree::bytes)),
                 get<std::uint64_t>(body, 24 + 2 * tree::bytes), get<std::uint64_t>(body, 32 + 2 * tree::bytes)};
    if (decoded.free.pad != page_bytes_ || decoded.free.flags != integer_keys || decoded.main.flags != 0)
      return damage(number, "its settings are not those of a log");
    return decoded;
  }

  // -- trees -------------------------------------------------------------------------------------------------------------

  void begin_walk(const meta& of, std::uint64_t pages) {
    used_.assign(pages, false);
    used_[0] = used_[1] = true;
    free_.clear();
    greatest_free_ = 0;
    last_page_ = of.last_page;
  }

  result<void> walk_all(const meta& of, std::uint64_t pages) {
    begin_walk(of, pages);
    if (auto walked = walk_tree(of.free, kind::free_pages, "free pages"); !walked)
      return walked;
    if (auto walked = walk_tree(of.main, kind::tables, "tables"); !walked)
      return walked;
    return check_free_pages();
  }

  result<void> walk_tree(const tree& of, kind values, const std::string& name) {
    walk counts{of, values, name};
    if (of.root == no_page ? of.depth != 0 : of.depth == 0 || of.depth > most_depth)
      return damage_in(name, "its depth is impossible");
    if (of.root != no_page)
      if (auto walked = walk_page(counts, of.root, 1, std::nullopt, std::nullopt); !walked)
        return walked;
    if (counts.branch_pages != of.branch_pages || counts.leaf_pages != of.leaf_pages ||
        counts.overflow_pages != of.overflow_pages || counts.entries != of.entries)
      return damage_in(name, "it has " + std::to_string(counts.entries) + " entries on " +
                               std::to_string(counts.branch_pages + counts.leaf_pages + counts.overflow_pages) +
                               " pages, not what stands in its head");
    return {};
  }

  /// Keys of the page are in [from, until).
  result<void> walk_page(walk& in, std::uint64_t number, std::uint16_t depth, std::optional<std::string> from,
                         std::optional<std::string> until) {
    auto page = read_tree_page(number, depth == in.of.depth ? leaf : branch);
    if (!page)
      return tl::make_unexpected(page.error());
    auto nodes = read_nodes(*page, number, depth == in.of.depth);
    if (!nodes)
      return tl::make_unexpected(nodes.error());
    auto is_branch = depth < in.of.depth;
    (is_branch ? in.branch_pages : in.leaf_pages) += 1;
    for (std::size_t index = 0; index < nodes->size(); ++index) {
      auto& here = (*nodes)[index];
      auto first_of_branch = is_branch && index == 0; // its key is that of the page
      if (!first_of_branch)
        if (auto ordered = check_key(in, number, here.key, from, until, is_branch || index > 0); !ordered)
          return ordered;
      if (!first_of_branch)
        from = std::string{here.key};
      auto next = index + 1 < nodes->size() ? std::optional{std::string{(*nodes)[index + 1].key}} : until;
      auto walked = is_branch ? walk_page(in, here.child, static_cast<std::uint16_t>(depth + 1), from, next)
                              : walk_value(in, number, here);
      if (!walked)
        return walked;
    }
    return {};
  }

  /// `above`: `from` is the key before it, which it must exceed; else it may equal it.
  result<void> check_key(const walk& in, std::uint64_t number, std::string_view key,
                         const std::optional<std::string>& from, const std::optional<std::string>& until,
                         bool above) const {
    if (key.empty() || key.size() > most_key_bytes || (in.values == kind::free_pages && key.size() != 8))
      return damage(number, "it has a key of impossible length");
    auto less = [&](std::string_view a, std::string_view b) {
      return in.values == kind::free_pages && a.size() == 8 && b.size() == 8
               ? get<std::uint64_t>(a, 0) < get<std::uint64_t>(b, 0)
               : a < b;
    };
    auto low = !from || (above ? less(*from, key) : !less(key, *from));
    if (!low || (until && !less(key, *until)))
      return damage(number, "its keys are out of order");
    return {};
  }

  result<void> walk_value(walk& in, std::uint64_t number, const node& owner) {
    ++in.entries;
    auto value = std::string{owner.value};
    if (owner.flags == big_value) {
      auto first = get<std::uint64_t>(owner.value, 0);
      auto pages = take_overflow(first, owner.size);
      if (!pages)
        return tl::make_unexpected(pages.error());
      in.overflow_pages += *pages;
      if (in.values != kind::free_pages)
        return in.values == kind::values ? result<void>{} : damage(number, "it holds something else than tables");
      auto whole = read(first * page_bytes_ + page_header_bytes, owner.size);
      if (!whole)
        return tl::make_unexpected(whole.error());
      value = std::move(*whole);
    }
    if (in.values == kind::free_pages) {
      greatest_free_ = std::max(greatest_free_, get<std::uint64_t>(owner.key, 0));
      return note_free(number, value);
    }
    if (in.values == kind::values)
      return {};
    if (owner.flags != sub_tree || value.size() != tree::bytes)
      return damage(number, "it holds something else than tables");
    auto table = tree::read(value);
    if (table.flags != 0 || table.pad != 0)
      return damage(number, "the settings of the table " + std::string{owner.key} + " are impossible");
    return walk_tree(table, kind::values, "table " + std::string{owner.key});
  }

  // -- pages -------------------------------------------------------------------------------------------------------------

  result<void> take(std::uint64_t number) {
    if (number < 2 || number > last_page_ || number >= used_.size())
      return damage(number, "there is no such page");
    if (used_[number])
      return damage(number, "it is used twice");
    used_[number] = true;
    return {};
  }

  result<std::string> read_tree_page(std::uint64_t number, std::uint16_t page_kind) {
    if (auto taken = take(number); !taken)
      return tl::make_unexpected(taken.error());
    auto page = read(number * page_bytes_, page_bytes_);
    if (page && (get<std::uint64_t>(*page, 0) != number || get<std::uint16_t>(*page, 10) != page_kind))
      return damage(number, page_kind == leaf ? "it is no page of values" : "it is no page of a tree");
    return page;
  }

  result<std::vector<node>> read_nodes(std::string_view page, std::uint64_t number, bool is_leaf) const {
    auto lower = get<std::uint16_t>(page, 12);
    auto upper = get<std::uint16_t>(page, 14);
    if (lower < page_header_bytes || lower % 2 != 0 || lower > upper || upper > page_bytes_ ||
        lower < page_header_bytes + (is_leaf ? 2 : 4))
      return damage(number, "its bounds are impossible");
    std::vector<node> nodes;
    for (std::size_t slot = page_header_bytes; slot < lower; slot += 2) {
      std::size_t from = get<std::uint16_t>(page, slot);
      if (from < upper || from % 2 != 0 || from + node_header_bytes > page_bytes_)
        return damage(number, "an entry lies outside of it");
      node entry;
      entry.size = get<std::uint16_t>(page, from) | std::uint64_t{get<std::uint16_t>(page, from + 2)} << 16;
      entry.flags = get<std::uint16_t>(page, from + 4);
      std::size_t key_bytes = get<std::uint16_t>(page, from + 6);
      entry.child = entry.size | std::uint64_t{entry.flags} << 32;
      auto value_bytes = is_leaf ? (entry.flags == big_value ? 8 : entry.size) : 0;
      if (is_leaf && entry.flags != 0 && entry.flags != big_value && entry.flags != sub_tree)
        return damage(number, "an entry is of no known kind");
      if (from + node_header_bytes + key_bytes + value_bytes > page_bytes_)
        return damage(number, "an entry lies outside of it");
      entry.key = page.substr(from + node_header_bytes, key_bytes);
      entry.value = page.substr(from + node_header_bytes + key_bytes, value_bytes);
      nodes.push_back(entry);
    }
    return nodes;
  }

  /// A value in pages of its own: how many these are.
  result<std::uint64_t> take_overflow(std::uint64_t first, std::uint64_t bytes) {
    if (first < 2 || first >= used_.size())
      return damage(first, "there is no such page");
    auto head = read(first * page_bytes_, page_header_bytes);
    if (!head)
      return tl::make_unexpected(head.error());
    std::uint64_t pages = get<std::uint32_t>(*head, 12);
    if (get<std::uint64_t>(*head, 0) != first || get<std::uint16_t>(*head, 10) != overflow ||
        pages * page_bytes_ < page_header_bytes + bytes || pages > used_.size())
      return damage(first, "it is not the beginning of a large value");
    for (auto number = first; number < first + pages; ++number)
      if (auto taken = take(number); !taken)
        return tl::make_unexpected(taken.error());
    return pages;
  }

  // -- free pages --------------------------------------------------------------------------------------------------------

  result<void> note_free(std::uint64_t number, std::string_view list) {
    auto count = list.size() < 8 ? no_page : get<std::uint64_t>(list, 0);
    if (list.size() % 8 != 0 || count > list.size() / 8 - 1)
      return damage(number, "its list of free pages is impossible");
    for (std::uint64_t index = 1; index <= count; ++index)
      free_.push_back(get<std::uint64_t>(list, index * 8));
    for (std::uint64_t index = 2; index <= count; ++index)
      if (get<std::uint64_t>(list, index * 8) >= get<std::uint64_t>(list, index * 8 - 8))
        return damage(number, "its list of free pages is out of order");
    return {};
  }

  result<void> check_free_pages() {
    std::sort(free_.begin(), free_.end());
    for (std::size_t index = 0; index < free_.size(); ++index) {
      auto number = free_[index];
      if (number < 2 || number > last_page_ || (index > 0 && free_[index - 1] == number))
        return damage(number, "it is free twice, or not there at all");
      if (number < used_.size() && used_[number])
        return damage(number, "it is free, and yet used");
    }
    return {};
  }

  // -- small things ------------------------------------------------------------------------------------------------------

  /// Zeros behind the end of the file: pages that were never written.
  result<std::string> read(std::uint64_t from, std::uint64_t size) const {
    std::string bytes(size, '\0');
    for (std::uint64_t done = 0; done < size;) {
      auto got = ::pread(descriptor_, bytes.data() + done, size - done, static_cast<off_t>(from + done));
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return unreadable(errno);
      if (got == 0)
        break;
      done += static_cast<std::uint64_t>(got);
    }
    return bytes;
  }

  tl::unexpected<error> unreadable(int reason) const {
    return fail(error_code::disk, std::string{"cannot read the log: "} + std::strerror(reason), file_,
                disk_advice(reason));
  }
  tl::unexpected<error> damage(std::uint64_t number, const std::string& problem) const {
    return damage_in("page " + std::to_string(number), problem);
  }
  tl::unexpected<error> damage_in(const std::string& where, const std::string& problem) const {
    return fail(error_code::corrupt, "the log's structure is damaged: " + where + ": " + problem, file_,
                "restore the data directory from a copy");
  }

  std::string file_;
  std::optional<std::uint64_t> snapshot_;
  bool after_failed_write_;
  int descriptor_ = -1;
  std::uint64_t page_bytes_ = 0;
  std::uint64_t last_page_ = 0;
  std::vector<bool> used_; ///< by page, as far as the file goes
  std::vector<std::uint64_t> free_;
  std::uint64_t greatest_free_ = 0; ///< transaction that freed pages
};

} // namespace

result<void> check_pages(const std::string& file, std::optional<std::uint64_t> snapshot, bool after_failed_write) {
  return checker{file, snapshot, after_failed_write}.run();
}

} // namespace weir::log
