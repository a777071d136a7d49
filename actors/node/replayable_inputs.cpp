#include "actors/node/replayable_inputs.hpp"

#include "actors/sources/directory_source.hpp"

namespace weir::actors {

namespace {

/// Asks the source of an input. What it throws is an error, and every error says of which input, and of which `part` of it, it is.
template <class Question>
auto ask(const application_services& application, const node_services& node, input_id input, const std::string& action,
         const std::string& part, Question question)
  -> decltype(question(std::declval<const plan::replayable_source&>())) {
  auto name = input.value < application.settings.inputs.size() ? application.settings.inputs[input.value].text()
                                                               : "input " + std::to_string(input.value);
  auto where = part.empty() ? name : name + ", partition " + part;
  if (!is_replayable(node, input))
    return fail(error_code::corrupt,
                "the log has offsets of this input, but in this program the input cannot be read again", where,
                "run the program in which it is a source that can be read again");
  auto thrown = [&](const std::string& problem) {
    return fail(error_code::failed, "cannot " + action + ": " + problem, where, "mend the source");
  };
  try {
    auto answer = question(*node.replayable[input.value]);
    if (!answer) {
      auto& why = answer.error();
      if (why.where.empty() || why.where == part)
        why.where = where;
      else if (why.where.find(part) == std::string::npos)
        why.where = where + ", " + why.where;
    }
    return answer;
  } catch (const std::exception& problem) {
    return thrown(problem.what());
  } catch (...) {
    return thrown("an exception that is not a std::exception");
  }
}

} // namespace

std::vector<std::shared_ptr<plan::replayable_source>> replayable_inputs(const std::vector<input_url>& inputs,
                                                                        const plan::physical_plan& plan) {
  std::vector<std::shared_ptr<plan::replayable_source>> found;
  for (auto& input : inputs)
    found.push_back(input.what() == input_url::kind::file     ? make_directory_source(input.directory())
                    : input.what() == input_url::kind::stream ? plan.receivers()[input.source() - 1].replayable
                                                              : nullptr);
  return found;
}

bool is_replayable(const node_services& node, input_id input) {
  return input.value < node.replayable.size() && node.replayable[input.value];
}

const std::string* directory_of(const application_services& application, const node_services& node, input_id input) {
  auto& url = application.settings.inputs[input.value];
  if (url.what() == input_url::kind::file)
    return &url.directory();
  auto records =
    is_replayable(node, input) ? dynamic_cast<const record_directory*>(node.replayable[input.value].get()) : nullptr;
  return records ? &records->directory() : nullptr;
}

bool reads(const application_services& application, const plan::stage& stage, const log::split& split) {
  auto input = split.input();
  return input.value < application.settings.inputs.size() &&
         application.settings.inputs[input.value].source() == stage.source;
}

result<std::vector<plan::source_partition>> list_partitions(const application_services& application,
                                                            const node_services& node, input_id input) {
  return ask(application, node, input, "list the partitions", {}, [](auto& source) { return source.partitions(); });
}

result<std::vector<plan::text_piece>> read_range(const application_services& application, const node_services& node,
                                                 const offset_range& range) {
  auto action = "read from " + std::to_string(range.from) + " to " + std::to_string(range.to);
  return ask(application, node, range.input, action, range.partition,
             [&](auto& source) { return source.read(range, application.settings.max_record_bytes); });
}

} // namespace weir::actors
