package dev.tidemark.tools.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows is what happens. */
@Tag("quick")
class ReadmeTest {
    private static final Pattern EXAMPLE = Pattern.compile("```java\n(.*?)```\n\n```\n(.*?)```", Pattern.DOTALL);
    private static final Pattern COMMAND = Pattern.compile("tidemark ([a-z-]+)");

    @TempDir
    Path folder;

    @Test
    void shouldShowAnExampleThatCompilesAndPrintsWhatItSays() throws Exception {
        Matcher example = EXAMPLE.matcher(readme());
        assertThat(example.find()).isTrue();
        Path source = Files.writeString(folder.resolve("Example.java"), example.group(1));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        String classPath = Path.of(dev.tidemark.engine.Store.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toString();
        ByteArrayOutputStream complaints = new ByteArrayOutputStream();
        int status = compiler.run(
                null, complaints, complaints, "-d", folder.toString(), "-cp", classPath, source.toString());
        assertThat(status).as(complaints.toString(UTF_8)).isZero();
        assertThat(run()).isEqualTo(example.group(2));
    }

    private String run() throws Exception {
        PrintStream before = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        URL[] classes = {folder.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(classes, getClass().getClassLoader())) {
            System.setOut(new PrintStream(printed, true, UTF_8));
            loader.loadClass("Example").getMethod("main", String[].class).invoke(null, (Object)
                    new String[] {folder.resolve("store").toString()});
        } finally {
            System.setOut(before);
        }
        return printed.toString(UTF_8);
    }

    @Test
    void shouldNameOnlyCommandsThatAreThere() throws IOException {
        StringWriter help = new StringWriter();
        Main.run(new Commands(), new PrintWriter(help, true), new PrintWriter(new StringWriter()), "--help");
        Matcher command = COMMAND.matcher(readme());
        while (command.find()) {
            assertThat(help.toString()).containsPattern("\n +" + command.group(1) + " ");
        }
    }

    private static String readme() throws IOException {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("tools/bin/tidemark"))) {
            folder = folder.getParent();
        }
        return Files.readString(folder.resolve("README.md"));
    }
}
