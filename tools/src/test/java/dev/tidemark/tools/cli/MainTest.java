package dev.tidemark.tools.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Tag("quick")
class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void shouldPrintTheBuildsVersionOnStandardOutput() {
        assertThat(run("--version")).isEqualTo(ExitCode.OK.number());
        assertThat(out.toString()).matches("tidemark \\d+\\.\\d+\\.\\d+\\S* \\(java \\S+\\)\\R");
        assertThat(run("--verbose", "--version")).isEqualTo(ExitCode.OK.number());
        assertThat(out.toString().lines().distinct()).hasSize(1);
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void shouldListEveryCommandInHelp() {
        assertThat(run("--help")).isEqualTo(ExitCode.OK.number());
        assertThat(out.toString()).contains("greet").contains("break").contains("Exit status:");
    }

    @Test
    void shouldRunTheCommandThatIsNamed() {
        assertThat(run("--verbose", "greet", "world")).isEqualTo(ExitCode.OK.number());
        assertThat(out.toString()).isEqualTo("hello world" + System.lineSeparator());
    }

    @Test
    void shouldSayInOneLineWhatIsWrongWithTheCommandLine() {
        assertThat(run()).isEqualTo(ExitCode.USAGE.number());
        assertThat(run("no-such-command")).isEqualTo(ExitCode.USAGE.number());
        assertThat(run("greet")).isEqualTo(ExitCode.USAGE.number());
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString().lines())
                .containsExactly(
                        "tidemark: no command was given; see 'tidemark --help'",
                        "tidemark: 'no-such-command' is no command; see 'tidemark --help'",
                        "tidemark: Missing required parameter: '<who>'; see 'tidemark greet --help'");
    }

    @Test
    void shouldTurnAFailureIntoOneLineAndItsStatus() {
        assertThat(run("break", "store")).isEqualTo(ExitCode.DAMAGED.number());
        assertThat(err.toString()).isEqualTo("tidemark: store is damaged; check it" + System.lineSeparator());
    }

    @Test
    void shouldShowTheStackTraceOnlyWhenAsked() {
        assertThat(run("break", "--verbose", "store")).isEqualTo(ExitCode.DAMAGED.number());
        assertThat(err.toString()).contains("tidemark: store is damaged; check it", "at dev.tidemark.tools.cli");
    }

    @Test
    void shouldTellAnErrorOfTheProgramFromAFailure() {
        assertThat(run("break", "jvm")).isEqualTo(ExitCode.REFUSED.number());
        assertThat(err.toString().lines())
                .containsExactly("tidemark: unexpected java.lang.NoClassDefFoundError: gone; "
                        + "run it again with --verbose to see where");
    }

    private int run(String... args) {
        return Main.run(
                new Commands(Map.of("greet", Greet::new, "break", Break::new)),
                new PrintWriter(out, true),
                new PrintWriter(err, true),
                args);
    }

    @Command(name = "greet")
    private static final class Greet implements Callable<Integer> {
        @Parameters(index = "0", paramLabel = "<who>")
        private String who;

        @picocli.CommandLine.Spec
        private picocli.CommandLine.Model.CommandSpec spec;

        @Override
        public Integer call() {
            spec.commandLine().getOut().println("hello " + who);
            return ExitCode.OK.number();
        }
    }

    @Command(name = "break")
    private static final class Break implements Callable<Integer> {
        @Parameters(index = "0")
        private String what;

        @Override
        public Integer call() {
            if (what.equals("jvm")) {
                throw new NoClassDefFoundError("gone");
            }
            throw new CommandFailure(ExitCode.DAMAGED, what + " is damaged;\n check it");
        }
    }
}
