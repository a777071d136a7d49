#pragma once

/// `weir generate URL`: prints the lines of a generate:// URL. argv[0] is "generate". Returns the exit code of the contract.
int generate_command(int argc, char** argv);
