// Records of the program's own type in files, and back: what one job saves another one reads.
#include <iostream>

#include <weir/msgpack_record.hpp>
#include <weir/weir.hpp>

namespace {

struct reading {
  std::string sensor;
  double celsius = 0;
  std::vector<int> minutes;
  MSGPACK_DEFINE(sensor, celsius, minutes);
};

void save(const std::string& directory) {
  weir::dataset<reading>::from({{"roof", 9.5, {0, 30}}, {"hall", 21, {}}, {"roof", 8.5, {15}}}, 2)
    .save_as_object_file(directory); // part-00000, part-00001, _SUCCESS: msgpack, a partition a file
}

void load(const std::string& directory) {
  auto coldest = weir::read_objects<reading>(directory)
                   .key_by([](const reading& each) { return each.sensor; })
                   .map_values([](const reading& each) { return each.celsius; })
                   .reduce_by_key([](double a, double b) { return std::min(a, b); })
                   .sort_by_key();
  for (auto& [sensor, celsius] : coldest.collect())
    std::cout << sensor << "\t" << celsius << "\n";
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3 || (argv[1] != std::string_view{"save"} && argv[1] != std::string_view{"load"})) {
    std::cerr << "usage: 12-object-files save|load DIRECTORY\n";
    return 64;
  }
  try {
    argv[1] == std::string_view{"save"} ? save(argv[2]) : load(argv[2]);
  } catch (const std::exception& why) {
    std::cerr << "object-files: " << why.what() << "\n";
    return 1;
  }
}
