package dev.tidemark.tools.rules;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.EvaluationResult;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/** Who may know whom: the direction between packages, and which library is whose. */
@AnalyzeClasses(packages = "dev.tidemark", importOptions = ArchitectureTest.ProgramOnly.class)
class ArchitectureTest {
    private static final String ROOT = "dev.tidemark.";
    private static final String[] PURE = {
        ROOT + "engine.state..",
        ROOT + "engine.volume..",
        ROOT + "engine.mapping..",
        ROOT + "engine.space..",
        ROOT + "engine.job..",
    };
    private static final String CORE =
            "engine.message engine.volume engine.mapping engine.space engine.job engine.state";
    private static final String BYTES = CORE + " storage journal engine.codec engine.exception engine.read";

    /** A package, and the packages of this project that it may use; its own is always allowed. */
    private static final Map<String, String> MAY_USE = Map.ofEntries(
            Map.entry("proto", ""),
            Map.entry("storage", ""),
            Map.entry("storage.sim", "storage"),
            Map.entry("journal", "storage"),
            Map.entry("engine.message", ""),
            Map.entry("engine.volume", CORE),
            Map.entry("engine.mapping", CORE),
            Map.entry("engine.space", CORE),
            Map.entry("engine.job", CORE),
            Map.entry("engine.state", CORE),
            Map.entry("engine.reconcile", CORE),
            Map.entry("engine.codec", CORE + " proto"),
            Map.entry("engine.exception", CORE + " storage"),
            Map.entry("engine.read", CORE + " storage engine.exception"),
            Map.entry("engine.checkpoint", BYTES),
            Map.entry("engine.recovery", BYTES + " engine.checkpoint"),
            Map.entry("engine.pipeline", BYTES + " engine.checkpoint engine.recovery"),
            Map.entry("engine", BYTES + " engine.reconcile engine.checkpoint engine.recovery engine.pipeline"),
            Map.entry("tools.nbd", "engine engine.message journal storage"),
            Map.entry("tools.serve", "engine engine.message journal storage tools.nbd"),
            Map.entry("tools.inspect", "engine journal storage engine.codec engine.recovery " + CORE),
            Map.entry("tools.crash", "engine engine.message journal storage storage.sim tools.nbd tools.inspect"),
            Map.entry("tools.bench", "engine engine.message journal storage storage.sim tools.nbd tools.inspect"),
            Map.entry(
                    "tools.cli",
                    "engine engine.message journal storage tools.nbd tools.serve tools.inspect tools.crash"
                            + " tools.bench"));

    @ArchTest
    static void shouldFollowTheDirectionOfTheTable(JavaClasses program) {
        List<String> findings = new ArrayList<>();
        new TreeMap<>(MAY_USE).forEach((name, uses) -> {
            EvaluationResult result = directionOf(name, uses).evaluate(program);
            result.getFailureReport().getDetails().forEach(detail -> findings.add(name + " may not: " + detail));
        });
        assertThat(findings)
                .as("The table above fixes the direction: move the class down, or take what it needs as an interface")
                .isEmpty();
    }

    private static ArchRule directionOf(String name, String uses) {
        List<String> allowed = new ArrayList<>(List.of(packageOf(name)));
        Stream.of(uses.split(" "))
                .filter(use -> !use.isEmpty())
                .map(ArchitectureTest::packageOf)
                .forEach(allowed::add);
        return classes()
                .that()
                .resideInAPackage(packageOf(name))
                .should()
                .onlyDependOnClassesThat(not(resideInAPackage("dev.tidemark.."))
                        .or(resideInAnyPackage(allowed.toArray(String[]::new)))
                        .as("reside outside of the project, or in " + allowed))
                .allowEmptyShould(true);
    }

    /** A package with those below it, but for the two whose lower packages have a line of their own in the table. */
    private static String packageOf(String name) {
        boolean divided = name.equals("engine") || name.equals("storage");
        return ROOT + name + (divided ? "" : "..");
    }

    @ArchTest
    static final ArchRule everyPackageHasItsLine = classes()
            .should()
            .resideInAnyPackage(
                    MAY_USE.keySet().stream().map(ArchitectureTest::packageOf).toArray(String[]::new))
            .because("a new package needs a line in the table above, which says what it may use");

    @ArchTest
    static final ArchRule noCycles = slices().matching("dev.tidemark.(**)")
            .should()
            .beFreeOfCycles()
            .because("of two packages that need each other, the lower one should take an interface or a plain value")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule pureCoreTouchesNothing = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    ROOT + "storage..",
                    ROOT + "journal..",
                    "com.lmax..",
                    "com.google.protobuf..",
                    "java.nio.file..",
                    "java.nio.channels..",
                    "java.net..")
            .because("the pure core decides on values that are passed in, so that replay gives the same state")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule pureCoreHasNoClockThreadOrLuck = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(Thread.class, Clock.class, Random.class, java.util.Timer.class)
            .orShould()
            .dependOnClassesThat()
            .haveNameMatching("java\\.util\\.concurrent\\.(.*Execut.*|ForkJoin.*|CompletableFuture|ThreadLocalRandom)")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(UUID.class, "randomUUID")
            .orShould()
            .callMethod(Math.class, "random")
            .because("time and seeds come in with the event, so that replay gives the same state")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule timeAndLuckAreInjected = noClasses()
            .that()
            .resideInAnyPackage(ROOT + "engine..", ROOT + "journal..", ROOT + "storage..")
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Math.class, "random")
            .orShould()
            .callConstructor(Random.class)
            .because(
                    "a clock and a seed that are passed in make every run repeatable: take a java.time.Clock or a seed")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule filesAreReachedThroughTheSeam = noClasses()
            .that()
            .resideInAnyPackage(ROOT + "engine..", ROOT + "journal..")
            .should()
            .dependOnClassesThat()
            .haveNameMatching("java\\.nio\\.file\\.Files|java\\.nio\\.channels\\.FileChannel|"
                    + "java\\.io\\.(File|RandomAccessFile|File(In|Out)putStream|FileReader|FileWriter)")
            .because("the crash tests only see what goes through it: use dev.tidemark.storage.Storage")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule disruptorBelongsToThePipeline = onlyIn("engine.pipeline..", "com.lmax..");

    @ArchTest
    static final ArchRule protobufBelongsToTheCodec = noClasses()
            .that()
            .resideOutsideOfPackages(ROOT + "engine.codec..", ROOT + "proto..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.google.protobuf..", ROOT + "proto..")
            .because("protobuf is how bytes look, not how the program thinks: use the codec's typed values")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule commandLineLibraryBelongsToTheCli = onlyIn("tools.cli..", "picocli..", "me.tongfei..");

    @ArchTest
    static final ArchRule rivalsBelongToTheBenchmarks =
            onlyIn("tools.bench..", "org.rocksdb..", "org.h2..", "org.openjdk.jmh..");

    @ArchTest
    static final ArchRule toolsLibrariesStayInTools =
            onlyIn("tools..", "ch.qos.logback..", "io.micrometer..", "io.prometheus..", "org.HdrHistogram..");

    private static ArchRule onlyIn(String owner, String... libraries) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + owner)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(libraries)
                .because("only " + owner + " knows this library: give the others an interface or a plain value")
                .allowEmptyShould(true);
    }

    /** The program's classes, wherever they are built; not the tests', which may use everything. */
    static final class ProgramOnly implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("/test-classes/") && !location.contains("-tests.jar");
        }
    }
}
