import Glibc

// Not exit(3): it destroys the globals of libraries under threads of theirs that still run. Nothing is lost by it, since
// output is written without buffers and data was committed.
_exit(Program.run(CommandLine.arguments).rawValue)
