/**
 * The command line: parses arguments, calls the library, prints.
 *
 * <ul>
 *   <li>Enters: arguments, standard input.
 *   <li>Leaves: results on standard output; the program's own errors on standard error, in one line that says what to
 *       do; an {@link dev.tidemark.tools.cli.ExitCode}.
 *   <li>Never: work that an embedder of the library could not do as well; logs, warnings or progress on standard
 *       output; a stack trace without {@code --verbose}.
 * </ul>
 */
package dev.tidemark.tools.cli;
