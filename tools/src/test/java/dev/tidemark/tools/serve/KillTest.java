package dev.tidemark.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.StoreConfig;
import dev.tidemark.engine.StoreReader;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.engine.message.ReplyParser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills the real server with SIGKILL under load, again and again, on one store. After each death: the store is whole,
 * block by block; every region is the result of a prefix of what its client did, which holds all that was promised; no
 * write is there while an older one of another client, answered before it was sent, is not; and so for snapshots.
 *
 * <p>{@code -Dtidemark.kills=N} makes more rounds, {@code -Dtidemark.seed=N} repeats a run as far as threads let it.
 */
class KillTest {
    private static final int ROUNDS = Integer.getInteger("tidemark.kills", 50);
    private static final int MAX_OPERATIONS = 600;
    private static final int CLIENTS = 4;

    @TempDir
    Path folder;

    private final List<RegionModel> models = new ArrayList<>();
    /** What verified snapshots hold: by name, the writers of each region of their volume. */
    private final Map<String, int[][]> snapshots = new TreeMap<>();

    private final Map<String, String> volumeOf = new TreeMap<>();

    private ServerProcess server;

    @Test
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void shouldKeepEveryPromiseWhenItIsKilled() throws Exception {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        System.out.println("KillTest: -Dtidemark.seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        Path store = folder.resolve("store");
        for (int i = 0; i < CLIENTS; i++) {
            models.add(new RegionModel(i + 1, KillLoad.REGION_SECTORS));
        }
        try {
            server = ServerProcess.start(
                    store, "--create", volume(0) + "=2M", "--create", volume(2) + "=2M", "-o", "journal-segment=4M");
            for (int round = 0; round < ROUNDS; round++) {
                KillLoad load = load(random);
                load.run(random, server, round);
                server.close();
                checkOffline(store);
                server = ServerProcess.start(store);
                verify(load);
            }
            assertThat(server.terminate()).isZero();
            checkOffline(store);
        } finally {
            server.close();
        }
    }

    /** Two clients share a volume, each with its half. */
    private static String volume(int client) {
        return client < 2 ? "first" : "second";
    }

    private KillLoad load(SplittableRandom random) {
        List<KillLoad.Client> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(new KillLoad.Client(volume(i), (long) (i % 2) * KillLoad.REGION_BYTES, models.get(i)));
        }
        int operations = 1 + random.nextInt(MAX_OPERATIONS);
        List<String> kept = List.copyOf(snapshots.keySet());
        return new KillLoad(clients, server.nbd(), kept, operations, server::signalKill);
    }

    private static void checkOffline(Path store) throws IOException {
        try (StoreReader reader = StoreReader.openAlone(StoreConfig.at(store).build())) {
            assertThat(reader.checkState()).isEmpty();
            assertThat(reader.checkData(blocks -> {}).findings()).isEmpty();
        }
    }

    private void verify(KillLoad load) throws IOException {
        List<KillLoad.Client> clients = load.clients();
        RegionModel.Prefix[] survived = new RegionModel.Prefix[CLIENTS];
        int[][] writers = new int[CLIENTS][];
        for (int i = 0; i < CLIENTS; i++) {
            KillLoad.Client client = clients.get(i);
            writers[i] = read(client.volume, i);
            survived[i] = client.model.prefix(writers[i], client.promised(), client.sent());
        }
        verifyOrder(clients, survived);
        verifySnapshots(load, survived);
        for (int i = 0; i < CLIENTS; i++) {
            clients.get(i).model.startFrom(writers[i]);
        }
    }

    /** One history: what was answered before something that survived was sent has survived, too. */
    private static void verifyOrder(List<KillLoad.Client> clients, RegionModel.Prefix[] survived) {
        for (int later = 0; later < CLIENTS; later++) {
            long sentAt = clients.get(later).sentAt(survived[later].least());
            for (int earlier = 0; earlier < CLIENTS; earlier++) {
                int lost = survived[earlier].most() + 1;
                assertThat(clients.get(earlier).ackedAt(lost))
                        .as(
                                "operation %d of client %d was answered, and is lost, before %d of client %d was sent",
                                lost, earlier, survived[later].least(), later)
                        .isGreaterThanOrEqualTo(sentAt);
            }
        }
    }

    private void verifySnapshots(KillLoad load, RegionModel.Prefix[] survived) throws IOException {
        List<String> there = names();
        assertThat(there).containsAll(load.kept).contains(volume(0), volume(2));
        there.removeAll(List.of(volume(0), volume(2)));
        assertThat(there)
                .as("besides what was answered, only what was asked last may be there")
                .allMatch(name -> load.kept.contains(name) || load.doubtful.contains(name));
        snapshots.keySet().retainAll(there);
        for (String name : there) {
            KillLoad.Snapshot taken = load.taken.get(name);
            String volume = taken == null ? volumeOf.get(name) : taken.volume();
            int[][] writers = new int[CLIENTS][];
            for (int i = 0; i < CLIENTS; i++) {
                if (!volume(i).equals(volume)) {
                    continue;
                }
                writers[i] = read(name, i);
                if (taken == null) {
                    assertThat(writers[i])
                            .as("%s is as it was", name)
                            .isEqualTo(snapshots.get(name)[i]);
                } else {
                    int most = taken.answered()
                            ? taken.most()[i]
                            : load.clients().get(i).sent();
                    models.get(i).prefix(writers[i], taken.least()[i], Math.min(most, survived[i].most()));
                }
            }
            snapshots.put(name, writers);
            volumeOf.put(name, volume);
        }
    }

    private int[] read(String volume, int client) throws IOException {
        try (DiskClient disk = DiskClient.open(server.nbd(), volume)) {
            return models.get(client)
                    .writers(disk.read((long) (client % 2) * KillLoad.REGION_BYTES, KillLoad.REGION_BYTES));
        }
    }

    private List<String> names() throws IOException {
        Reply.Ok reply = (Reply.Ok) ReplyParser.parse(server.send("list"));
        return new ArrayList<>(reply.rows().stream().map(row -> row.get("name")).toList());
    }
}
