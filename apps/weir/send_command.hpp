#pragma once

/// `weir send [FILE|-] --to weir://HOST:PORT --producer ID [--rate N]`: sends the lines of a file or of standard input to an
/// acknowledged ingest port and returns when all are durable. Lines that the server already has are skipped.
/// argv[0] is "send". Returns the exit code of the contract.
int send_command(int argc, char** argv);
