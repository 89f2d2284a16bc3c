// What --help prints.
#pragma once

#include <string_view>

namespace cowcheck {

inline constexpr std::string_view help_text =
    R"(cowcheck checks copy-on-write and get_user_pages designs of the Linux kernel:
every interleaving of their steps, and the shortest schedule that breaks a promise.

usage: cowcheck [check] [options]
       cowcheck designs|worlds|properties [show NAME]
       cowcheck replay TRACE [--format text|columns|markdown|mermaid|itf|json] [--output FILE]
                             [--design FILE] [--world FILE]
       cowcheck replay TRACE --step      by commands, from a terminal or a pipe
       cowcheck explain TRACE [--output FILE]
       cowcheck history [--threads N]         every design, every property, every known bug
       cowcheck history --why DESIGN PROPERTY  one cell of it: how, and what mended it
       cowcheck export --to promela --design NAME|FILE [--world NAME|FILE]
                       [--depth N] [--concurrency K|all] [--property NAME|FILE] [--output FILE]
       cowcheck gate DESIGN [--against BASE] [--waive PROPERTY --because TEXT]... [--update]
                       [--format text|json|markdown|junit|ktap|sarif] [--traces DIR]
                       [--world NAME|FILE]... [--depth N] [--concurrency K|all] [limits]
       cowcheck coverage [DESIGN...] [--format text|json|lcov] [--no-reduction]
                       [--world NAME|FILE]... [--depth N] [--concurrency K|all] [limits]
       cowcheck prove NAME|FILE... [--format text|json] [--smt2 FILE] [--solver-timeout DURATION]
       cowcheck selftest [--design NAME|FILE]... [--format ktap|json]
       cowcheck history [--why DESIGN PROPERTY] [--format text|markdown] [--threads N]

what to check
  --design NAME|FILE     a design; may be repeated. all: every built-in one (default: the
                         seven that 'cowcheck designs' marks with a *)
  --world NAME|FILE      processes, CPUs, pages, what may start; repeatable (default: default)
  --property NAME|FILE   a property, or a file of your own; repeatable (default: all).
                         What the design itself asserts always counts

bounds
  --depth N              operations that are started, 0 to 255 (default: 5)
  --concurrency K|all    operations in flight at once, 1 to 64 (default: 2)

limits: stop early and say what is known so far
  --max-states N         states stored, all designs together: 500000, 10M, 2G
  --max-memory SIZE      memory of the process: 512M, 8G, 1.5GiB
                         (default: 90 % of the machine's)
  --max-time DURATION    90s, 10m, 1h30m
  --solver-timeout DURATION
                         for one question about references from outside (default: 10s;
                         0: answer none)

how
  --threads N            worker threads (default: one a CPU); results are the same for any number
  --traces DIR           where traces go (default: cowcheck-traces)
  --format text|json     a table to read, or docs/results.schema.json (default: text)
  --no-reduction         do not join steps that nobody can see between
  --no-symmetry          do not store states that differ in names only as one
  --help, --version

examples
  cowcheck                               the history of the kernel, 5 operations deep
  cowcheck --depth 8 --design v5.9       one design, deeper
  cowcheck designs show v5.9 > mine.cow  a start for a design of your own;
  cowcheck --design mine.cow             give it a name of its own and check it
  cowcheck replay --format columns cowcheck-traces/v5.7-default-no_foreign_data.json
  cowcheck history                       every design, every property, every known bug
  cowcheck history --why v5.9 no_foreign_data
                                         one cell of it: how, and what mended it
  cowcheck export --to promela --design v5.9 --world tiny --output tiny.pml
                                         the same states for SPIN; its first lines say how
  cowcheck prove v5.7 v5.9               what its tests of refcount and mapcount say, for all counts
  cowcheck selftest --design v6.2        what the kernel's selftest cow.c would print

gate: what DESIGN makes worse, better and dearer than BASE (default: what it extends), in
all worlds (as deep as each says; 5 operations if it says nothing); --update
rewrites its 'expect' lines. coverage: what of a design no world runs. docs/gate.md

exit status: 0 no violation, 1 violation, 2 bad input or output that can't be written,
3 stopped by a limit or Ctrl-C without a violation so far, 4 a fault of cowcheck itself, which
is no verdict: the message says what to report. replay: 0 the trace happens again,
1 it does not, 2 as above. gate: 1 something got worse or is not as expected, 3 undecided.
coverage: 1 something is not covered and not explained.
prove: 0 all is proved, 1 a test is refuted, 3 the solver can't tell, 4 as above.
history: 0, or 2 as above.
)";

}  // namespace cowcheck
