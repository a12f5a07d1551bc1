package dev.tidemark.engine.state;

import dev.tidemark.engine.Shrinking;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random histories of every command and every event of I/O, against the {@link PlainModel}. */
class StateModelTest {
    private static final String[] SIZES = {"512", "4K", "10K", "37888", "1M", "1542656", "3M", "2G", "300G"};

    /** A step that means something in any state. */
    private record Step(int kind, int a, int b, int c) {}

    @Test
    @Tag("quick")
    void shouldDoWhatThePlainModelDoes() {
        run(1, 1_500);
    }

    @ParameterizedTest
    @ValueSource(longs = {10, 11, 12, 13, 14, 15, 16, 17})
    void shouldDoWhatThePlainModelDoesFromManySeeds(long seed) {
        run(seed, 2_000);
    }

    private static void run(long seed, int length) {
        Random random = new Random(seed);
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            steps.add(new Step(
                    random.nextInt(100), random.nextInt(1 << 20), random.nextInt(1 << 20), random.nextInt(1 << 30)));
        }
        Shrinking.check(seed, steps, StateModelTest::history);
    }

    private static void history(List<Step> steps) {
        try (ModelRun run = new ModelRun()) {
            run.send("create n0 size=1M");
            int done = 0;
            for (Step step : steps) {
                step(run, step);
                if (++done % 50 == 0) {
                    run.compare();
                }
            }
            run.compare();
            run.finish();
        }
    }

    private static void step(ModelRun run, Step step) {
        String name = run.pick(step.a);
        if (step.kind < 30) {
            run.write(name, step.b, 1 + step.c % (step.kind < 3 ? 600 : 20), step.c);
        } else if (step.kind < 36) {
            run.unmap(name, step.b, 1 + step.c % 700, step.kind < 33);
        } else if (step.kind < 40) {
            run.zero(name, step.b, 1 + step.c % 300);
        } else if (step.kind < 55) {
            run.step(step.a, 1 + step.b % (step.kind < 50 ? 40 : 2000));
        } else if (step.kind < 85) {
            run.send(command(List.of(name(step.a), name(step.b)), run, new Random(step.b)) + options(step));
        } else {
            Random random = new Random(step.b);
            // About few volumes, so that the commands meet what those before them made.
            List<String> names = List.of(run.pick(step.a), run.pick(step.b), name(step.c), name(step.c));
            StringBuilder text = new StringBuilder();
            for (int i = 1 + step.a % 4; i >= 0; i--) {
                text.append(text.isEmpty() ? "" : "; ").append(command(names, run, random));
            }
            run.send(text + options(step));
        }
    }

    private static String options(Step step) {
        String request = step.c % 5 == 0 ? " request=r" + step.c / 5 % 20 : "";
        return request + (step.c % 11 == 0 ? " if=" + step.c / 11 % 3000 : "");
    }

    /** A command that mostly names volumes that exist, and mostly uses the right verb. */
    private static String command(List<String> names, ModelRun run, Random random) {
        String volume = reference(names, run, random);
        String other = reference(names, run, random);
        String fresh = names.get(1 + random.nextInt(names.size() - 1));
        String readonly = random.nextInt(6) == 0 ? " readonly=true" : "";
        String force = random.nextInt(3) == 0 ? " force=true" : "";
        String size = SIZES[random.nextInt(SIZES.length)];
        return switch (random.nextInt(20)) {
            case 0, 1 -> "create " + fresh + " size=" + size + readonly;
            case 2 -> "create " + fresh + " origin=" + volume + readonly;
            case 3 -> "clone " + fresh + " source=" + volume + readonly;
            case 4, 5, 6, 7 -> run.snapshotOf(random.nextInt(1000), fresh) + readonly;
            case 8, 9 -> "delete " + volume + force;
            case 10, 11 -> "merge " + volume + force;
            case 12 -> "merge " + volume + " into=" + other + force;
            case 13, 14, 15, 16 -> "resize " + volume + " size=" + size + (random.nextInt(4) > 0 ? " shrink=true" : "");
            case 17 -> "rename " + volume + " to=" + fresh;
            case 18 -> "set " + volume + " readonly=" + (random.nextInt(3) == 0);
            default ->
                random.nextBoolean()
                        ? "flush"
                        : "label " + volume + " k" + random.nextInt(3) + "=" + random.nextInt(3) + " k9=";
        };
    }

    private static String reference(List<String> names, ModelRun run, Random random) {
        if (names.size() > 2 && random.nextInt(3) > 0) {
            return names.get(random.nextInt(names.size()));
        }
        return switch (random.nextInt(12)) {
            case 0 -> "#" + (1 + random.nextInt(60));
            case 1 -> "id:" + (1 + random.nextInt(60));
            case 2 -> name(random.nextInt(1000));
            default -> run.pick(random.nextInt(1000));
        };
    }

    private static String name(int number) {
        return "n" + number % 80;
    }
}
