package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.storage.sim.Operation;
import dev.tidemark.storage.sim.SimStorage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Damage of the superblock and of each slot of the metadata: told by name, and never a wrong byte or state (G5). */
@Tag("quick")
class MetadataDamageTest {
    private static final Pattern NAMES = Pattern.compile(
            "(?s).*(page|table-leaf|table leaf|table-node|table node|slot-map|root|root-stream)[ -]\\w*.* slot \\d+.*");

    private DamagedMetadata store;

    @BeforeEach
    void fill() throws Exception {
        store = new DamagedMetadata("all");
    }

    private static List<String> check(SimStorage device) throws StoreOpenException {
        try (StoreReader reader = StoreReader.openAlone(DamagedMetadata.config(device))) {
            return reader.checkState();
        }
    }

    private void requireWhole(SimStorage device) throws Exception {
        Store open = Store.open(DamagedMetadata.config(device));
        assertThat(Hooks.digest(open)).isEqualTo(store.digest);
        assertThat(store.readAll(open)).isEmpty();
        open.close();
        Hooks.dispose(open);
        assertThat(check(device)).isEmpty();
    }

    @Test
    void shouldReportAndMendOneDamagedSuperblock() throws Exception {
        for (int copy = 0; copy < 2; copy++) {
            SimStorage device = store.device.afterProcessDeath();
            device.zeroSector(DamagedMetadata.SUPERBLOCK, (long) copy * DamagedMetadata.SLOT_BYTES);
            assertThat(check(device))
                    .containsExactly("superblock: one copy is damaged or old; the next open for writing mends it");
            requireWhole(device);
            device.zeroSector(DamagedMetadata.SUPERBLOCK, (1L - copy) * DamagedMetadata.SLOT_BYTES);
            requireWhole(device);
        }
    }

    @Test
    void shouldRefuseTwoDamagedSuperblocksAndChangeNothing() throws Exception {
        SimStorage device = store.device.afterProcessDeath();
        device.flipBit(DamagedMetadata.SUPERBLOCK, 3900, 1);
        device.flipBit(DamagedMetadata.SUPERBLOCK, DamagedMetadata.SLOT_BYTES + 3850, 1);
        long forces = device.operations(Operation.FORCE);
        assertThatThrownBy(() -> Store.open(DamagedMetadata.config(device)))
                .isInstanceOfSatisfying(
                        StoreOpenException.class, e -> assertThat(e.kind()).isEqualTo(StoreOpenException.Kind.DAMAGED))
                .hasMessageContaining("both copies of the superblock are damaged");
        assertThatThrownBy(() -> check(device)).hasMessageContaining("both copies of the superblock are damaged");
        assertThat(device.operations(Operation.FORCE)).isEqualTo(forces);
    }

    @Test
    void shouldNameTheSlotWhicheverIsDamaged() throws Exception {
        SplittableRandom random = new SplittableRandom(3);
        long slots = bytes(store.device) / DamagedMetadata.SLOT_BYTES;
        int refused = 0;
        int partly = 0;
        int unused = 0;
        for (long slot = 0; slot < slots; slot++) {
            SimStorage device = store.device.afterProcessDeath();
            long at = slot * DamagedMetadata.SLOT_BYTES + random.nextInt(DamagedMetadata.SLOT_BYTES);
            device.flipBit(DamagedMetadata.METADATA, at, random.nextInt(Byte.SIZE));
            boolean checkTells = checkTells(device.afterProcessDeath(), slot);
            try {
                if (works(device.afterProcessDeath(), slot)) {
                    partly++;
                    assertThat(checkTells).as("check of slot " + slot).isTrue();
                } else if (checkTells) {
                    partly++; // nothing needed it now
                } else {
                    unused++;
                }
            } catch (StoreOpenException e) {
                refused++;
                assertThat(e.kind()).isEqualTo(StoreOpenException.Kind.DAMAGED);
                requireNames(e.getMessage(), slot);
                assertThat(checkTells).as("check of slot " + slot).isTrue();
            }
        }
        System.out.println("metadata damage: " + slots + " slots: " + refused + " refuse the open, " + partly
                + " damage some requests, " + unused + " are not in use");
        assertThat(refused).isGreaterThan(1);
        assertThat(partly).isGreaterThan(5);
        assertThat(unused).isPositive();
    }

    private static long bytes(SimStorage device) throws Exception {
        try (var file = device.open(DamagedMetadata.METADATA, dev.tidemark.storage.Storage.Mode.READ)) {
            return file.size();
        }
    }

    private static void requireNames(String text, long slot) {
        assertThat(text).matches(NAMES).contains("slot " + slot);
    }

    /** Whether the check finds something; all that it says names the slot, or follows from it. */
    private static boolean checkTells(SimStorage device, long slot) {
        List<String> findings;
        try {
            findings = check(device);
        } catch (StoreOpenException e) {
            assertThat(e.kind()).isEqualTo(StoreOpenException.Kind.DAMAGED);
            requireNames(e.getMessage(), slot);
            return true;
        }
        if (!findings.isEmpty()) {
            requireNames(String.join("\n", findings), slot);
        }
        return !findings.isEmpty();
    }

    /** Uses a store with a damaged slot in every way; whether something failed, naming the slot. */
    private boolean works(SimStorage device, long slot) throws Exception {
        List<String> failures = new ArrayList<>();
        try (StoreReader reader = StoreReader.openAlone(DamagedMetadata.config(device))) {
            for (String query : List.of("list", "status", "jobs")) {
                try {
                    reader.answer((Message) MessageParser.parse(query));
                } catch (StoreOpenException e) {
                    assertThat(e.kind()).isEqualTo(StoreOpenException.Kind.DAMAGED);
                    failures.add(e.getMessage());
                }
            }
            failures.addAll(reader.checkData(blocks -> {}).findings());
        }
        Store open = Store.open(DamagedMetadata.config(device));
        try {
            failures.addAll(store.readAll(open));
            assertThat(open.failure()).as("slot " + slot).isNull();
            for (String name : DamagedMetadata.VOLUMES) {
                collect(failures, open.send("status " + name));
                try {
                    open.volume(name).write(0, ByteBuffer.allocate(DamagedMetadata.BLOCK));
                } catch (StoreException e) {
                    failures.add(e.getMessage());
                }
            }
            // something that no page of before is needed for
            assertThat(open.send("create fresh size=1M")).as("slot " + slot).startsWith("ok");
            open.volume("fresh").read(0, ByteBuffer.allocate(DamagedMetadata.BLOCK));
            assertThat(open.failure()).as("slot " + slot).isNull();
        } finally {
            try {
                open.close();
            } catch (StoreException e) {
                failures.add(e.getMessage());
            }
            Hooks.dispose(open);
        }
        failures.forEach(text -> requireNames(text, slot));
        return !failures.isEmpty();
    }

    private static void collect(List<String> failures, String reply) {
        if (reply.startsWith("error")) {
            assertThat(reply).startsWith("error code=failed");
            failures.add(reply);
        }
    }
}
