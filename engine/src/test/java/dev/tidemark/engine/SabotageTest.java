package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.history.CrashHarness;
import dev.tidemark.engine.history.Setup;
import dev.tidemark.engine.history.Step;
import dev.tidemark.engine.history.Steps;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.engine.recovery.Sabotage;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each rule that crash safety stands on, broken on purpose: the crash test must notice, or it proves nothing. */
class SabotageTest {
    /** As many as the crash test tries in its normal run. */
    private static final long MOST_STATES = 50_000;

    private static final int BLOCK = 4096;
    private static final int STEPS = 60;
    private static final int SHOWN_CHARS = 300;

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void shouldNoticeThatARuleIsBroken(Sabotage rule) {
        if (rule == Sabotage.REDO_EVERY_WRITER) { // drawn histories show it too seldom
            expectNotice(
                    rule.toString(),
                    setup -> setup.breaking(rule).blockSize(BLOCK).withRareCheckpoints(),
                    drawn -> blockUsedAgain());
        } else {
            expectNotice(rule.toString(), setup -> setup.breaking(rule));
        }
    }

    /**
     * A frame carries a block, which is freed and used again by a write that no frame carries: who redoes what the
     * first
     * frame carried spoils it.
     */
    private static List<Step> blockUsedAgain() {
        List<Step> steps = new ArrayList<>();
        steps.add(new Step.Say(List.of(new Step.Verb(Step.Kind.CREATE, 0, 0, 199, false)), 0, 0)); // 100 KiB
        steps.add(new Step.Run(1));
        int oneBlock = 3 << 5;
        int eightBlocks = (7 << 5) | 3;
        for (int i = 0; i < 2; i++) {
            steps.add(new Step.Write(0, (10 * BLOCK) << 3, oneBlock, i, false));
            steps.add(new Step.Flush());
            steps.add(new Step.Run(2));
        }
        for (int written = 0; written < 256 + 16; written += 8) { // the store has 255 blocks
            steps.add(new Step.Write(0, 0, eightBlocks, written, false));
            steps.add(new Step.Flush());
            steps.add(new Step.Run(2));
            steps.add(new Step.Idle(1500)); // proves what is free
        }
        return steps;
    }

    @Test
    void shouldNoticeThatDirectoriesAreNotSynced() {
        expectNotice("no directory sync", Setup::withoutDirectorySyncs);
    }

    /** What comes between a partial write's submission and its turn, and changes the block that it covers in part. */
    private enum Earlier {
        WRITE_OF_A_PART,
        WRITE_OF_THE_BLOCK,
        ZEROES_OF_A_PART,
        DISCARD,
        MERGE;

        /** Submits it; nothing is carried out yet. */
        private void submit(Store store, Volume disk) {
            switch (this) {
                case WRITE_OF_A_PART -> disk.writeAsync(200, filled(100, 2));
                case WRITE_OF_THE_BLOCK -> disk.writeAsync(0, filled(BLOCK, 2));
                case ZEROES_OF_A_PART -> disk.writeZeroesAsync(200, 100);
                case DISCARD -> disk.discardAsync(0, BLOCK);
                case MERGE -> store.sendAsync((Message) MessageParser.parse("merge snap"), "test");
            }
        }

        /** What it makes of a block full of ones. */
        private byte[] result() {
            byte[] block = filled(BLOCK, 1).array();
            switch (this) {
                case WRITE_OF_A_PART -> Arrays.fill(block, 200, 300, (byte) 2);
                case WRITE_OF_THE_BLOCK -> Arrays.fill(block, (byte) 2);
                case ZEROES_OF_A_PART -> Arrays.fill(block, 200, 300, (byte) 0);
                case DISCARD -> Arrays.fill(block, (byte) 0);
                case MERGE -> Arrays.fill(block, (byte) 3);
            }
            return block;
        }
    }

    /**
     * The base of a partial write is read again at its turn. The crash test notices that rule broken by checksums in
     * the journal that no order of the requests explains; here the bytes themselves are wrong: what another request
     * wrote before is undone.
     */
    @ParameterizedTest
    @EnumSource(Earlier.class)
    void shouldUndoAnotherWriteOnlyWhenAStaleBaseIsKept(Earlier earlier) throws Exception {
        byte[] expected = earlier.result();
        Arrays.fill(expected, 1000, 1100, (byte) 4);
        assertThat(contentAfter(earlier, Sabotage.NONE)).isEqualTo(expected);
        byte[] wrong = filled(BLOCK, 1).array();
        Arrays.fill(wrong, 1000, 1100, (byte) 4);
        assertThat(contentAfter(earlier, Sabotage.STALE_BASE)).isEqualTo(wrong);
    }

    private static byte[] contentAfter(Earlier earlier, Sabotage rule) throws Exception {
        SimStorage device = new SimStorage(1);
        Setup setup = Setup.small(1).breaking(rule);
        Store.init(setup.on(device));
        try (Store store = Store.open(setup.on(device))) {
            store.send("create disk size=64K");
            Volume disk = store.volume("disk");
            disk.write(0, filled(BLOCK, 3));
            store.send("create snap origin=disk");
            disk.write(0, filled(BLOCK, 1));
            earlier.submit(store, disk);
            disk.writeAsync(1000, filled(100, 4)); // reads its base now, its turn comes after the other's
            disk.flush();
        }
        try (Store store = Store.open(setup.on(device))) {
            ByteBuffer found = ByteBuffer.allocate(BLOCK);
            store.volume("disk").read(0, found);
            return found.array();
        }
    }

    private static ByteBuffer filled(int length, int value) {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        Arrays.fill(bytes.array(), (byte) value);
        return bytes;
    }

    private static void expectNotice(String rule, UnaryOperator<Setup> breaking) {
        expectNotice(rule, breaking, UnaryOperator.identity());
    }

    private static void expectNotice(String rule, UnaryOperator<Setup> breaking, UnaryOperator<List<Step>> chosen) {
        CrashHarness harness = new CrashHarness(CrashHarness.Effort.NORMAL);
        String found = null;
        for (long seed = 1; harness.states() < MOST_STATES && found == null; seed++) {
            try {
                harness.run(breaking.apply(Setup.varied(seed)), chosen.apply(Steps.draw(seed, STEPS)));
            } catch (AssertionError e) {
                String text = String.valueOf(e.getMessage());
                found = text.substring(0, Math.min(SHOWN_CHARS, text.length()));
            }
        }
        System.out.println(rule + ": noticed after " + harness.states() + " crash states: " + found);
        assertThat(found).as("%s in %d crash states", rule, harness.states()).isNotNull();
    }
}
