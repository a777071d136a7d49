#pragma once

#include <lmdb.h>
#include <memory>
#include <string_view>

/// LMDB's handles and byte strings as types of C++.
namespace weir::log {

struct transaction_ending {
  void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};
using txn_ptr = std::unique_ptr<MDB_txn, transaction_ending>;

struct cursor_closing {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};
using cursor_ptr = std::unique_ptr<MDB_cursor, cursor_closing>;

inline MDB_val to_val(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }
inline std::string_view to_view(const MDB_val& val) { return {static_cast<const char*>(val.mv_data), val.mv_size}; }

} // namespace weir::log
