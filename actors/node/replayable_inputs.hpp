#pragma once

#include <memory>
#include <vector>

#include "actors/application/application_services.hpp"
#include "actors/node/node_services.hpp"

/// Inputs whose records stay where they are: files, and sources that the program brings. What the program's code throws becomes an
/// error here, and every error says of which input it is.
namespace weir::actors {

/// For `node_services::replayable`.
std::vector<std::shared_ptr<plan::replayable_source>> replayable_inputs(const std::vector<input_url>& inputs,
                                                                        const plan::physical_plan& plan);

bool is_replayable(const node_services& node, input_id input);

/// The directory whose files the input reads; null if it is another source.
const std::string* directory_of(const application_services& application, const node_services& node, input_id input);

/// Whether that stage is the one that reads the split: a source stage reads its own inputs only, which are all that were configured,
/// or one that the program brings.
bool reads(const application_services& application, const plan::stage& stage, const log::split& split);

/// What the source has now. Blocks.
result<std::vector<plan::source_partition>> list_partitions(const application_services& application,
                                                            const node_services& node, input_id input);

/// The records of a range. Blocks.
result<std::vector<plan::text_piece>> read_range(const application_services& application, const node_services& node,
                                                 const offset_range& range);

} // namespace weir::actors
