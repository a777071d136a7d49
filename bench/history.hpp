#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/case.hpp"

/// `bench/history.json`: what was measured when, as ratios to the yardsticks of the same run, so that entries of different machines
/// and hours can be compared: `[{"commit": "", "date": "2026-01-31", "cases": {"name|executors|log": ratio}}]`.
namespace weir::bench {

/// Appends an entry of all ratios. Throws std::runtime_error when the file cannot be read or written.
void record_history(const std::filesystem::path& file, const std::string& commit,
                    const std::vector<measurement>& found);

/// One sentence for each case whose ratio fell by more than 15 % against the last entry that has it, and by more than the runs' own
/// spread. Empty: nothing became slower.
std::vector<std::string> slower_than_history(const std::filesystem::path& file, const std::vector<measurement>& found);

} // namespace weir::bench
