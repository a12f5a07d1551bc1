package dev.tidemark.tools.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The house rules, over the whole repository. */
@Tag("quick")
class TidyTest {
    private static final List<String> MODULES = List.of("proto", "journal", "engine", "tools");
    private static final Set<String> TOP_LEVEL =
            Set.of("pom.xml", "README.md", "LICENSE", "proto", "journal", "engine", "tools");

    private static final Path ROOT = findRoot();

    @Test
    void shouldKeepFilesAndLinesShortAndLeaveNothingOver() {
        List<String> findings = new ArrayList<>();
        for (Path file : sources()) {
            if (isProgramText(file)) {
                findings.addAll(TidyRules.textFindings(nameOf(file), read(file)));
            }
        }
        assertThat(findings).isEmpty();
    }

    @Test
    void shouldKeepMethodsShort() {
        List<String> findings = new ArrayList<>();
        for (Path file : sources()) {
            if (nameOf(file).endsWith(".java")) {
                findings.addAll(TidyRules.methodFindings(nameOf(file), read(file)));
            }
        }
        assertThat(findings).isEmpty();
    }

    @Test
    void shouldSayInEveryPackageWhatItIsFor() {
        Set<String> missing = new TreeSet<>();
        for (Path file : sources()) {
            Path folder = file.getParent();
            boolean inMain =
                    nameOf(file).contains("/src/main/java/") && nameOf(file).endsWith(".java");
            if (inMain && !Files.exists(folder.resolve("package-info.java"))) {
                missing.add(nameOf(folder)
                        + ": has no package-info.java; write what enters, what leaves and what may never happen there");
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void shouldKeepTheTopLevelFree() throws IOException {
        try (Stream<Path> entries = Files.list(ROOT)) {
            List<String> findings = entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> !name.startsWith(".") && !name.equals("target") && !TOP_LEVEL.contains(name))
                    // what the README's first command makes
                    .filter(name -> !Files.exists(ROOT.resolve(name).resolve("superblock")))
                    .map(name -> name + ": does not belong on the top level; put it into the module that it is about")
                    .toList();
            assertThat(findings).isEmpty();
        }
    }

    @Test
    void shouldFindWhatIsTooLong() {
        String body = "        int a = 1;\n".repeat(TidyRules.METHOD_LINES - 2);
        assertThat(TidyRules.methodFindings("A", "class A {\n    void fits() {\n" + body + "    }\n}\n"))
                .isEmpty();
        assertThat(TidyRules.methodFindings("A", "record A(int b) {\n    static {\n" + body + "\n    }\n}\n"))
                .singleElement()
                .asString()
                .startsWith("A:2: initializer has 71 lines");
        assertThat(TidyRules.methodFindings("A", "class A {\n    @Deprecated\n    void m() {\n" + body + "    }\n}\n"))
                .singleElement()
                .asString()
                .startsWith("A:2: method m has 71 lines");
        assertThat(TidyRules.textFindings("B", "b\n".repeat(TidyRules.FILE_LINES)))
                .isEmpty();
        assertThat(TidyRules.textFindings("B", "b\n".repeat(TidyRules.FILE_LINES + 1)))
                .singleElement()
                .asString()
                .startsWith("B: 501 lines");
        assertThat(TidyRules.textFindings("C", "c".repeat(TidyRules.LINE_LENGTH + 1)))
                .singleElement()
                .asString()
                .startsWith("C:1: 121 characters");
        assertThat(TidyRules.textFindings("D", "\n// FIX" + "ME later\n"))
                .singleElement()
                .asString()
                .startsWith("D:2: ");
    }

    private static boolean isProgramText(Path file) {
        String name = nameOf(file);
        return name.matches(".*\\.(java|proto|sh|properties)|tools/bin/[^.]+|\\.ci/.*");
    }

    private static List<Path> sources() {
        return Stream.concat(MODULES.stream().flatMap(TidyTest::sourcesOf), filesBelow(ROOT.resolve(".ci")))
                .collect(Collectors.toList());
    }

    private static Stream<Path> sourcesOf(String module) {
        return Stream.concat(
                filesBelow(ROOT.resolve(module).resolve("src")),
                filesBelow(ROOT.resolve(module).resolve("bin")));
    }

    private static Stream<Path> filesBelow(Path folder) {
        if (!Files.isDirectory(folder)) {
            return Stream.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String nameOf(Path file) {
        return ROOT.relativize(file).toString().replace('\\', '/');
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path findRoot() {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            Path root = folder;
            if (MODULES.stream()
                    .allMatch(module -> Files.exists(root.resolve(module).resolve("pom.xml")))) {
                return root;
            }
        }
        throw new IllegalStateException("no folder above the working directory holds " + MODULES);
    }
}
