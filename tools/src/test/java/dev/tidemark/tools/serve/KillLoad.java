package dev.tidemark.tools.serve;

import dev.tidemark.engine.message.Reply;
import dev.tidemark.engine.message.ReplyParser;
import dev.tidemark.tools.nbd.NbdAddress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The load of one round: a client for each region, and one that sends commands, all at once until the server dies under
 * them. It notes what was promised: what a flush, a FUA write or an answered command covers.
 */
final class KillLoad {
    static final int REGION_SECTORS = 2048;
    static final int REGION_BYTES = REGION_SECTORS * RegionModel.SECTOR_BYTES;

    private static final int MAX_SNAPSHOTS = 6;

    /** A region of a volume, and what happened to it in this round. */
    static final class Client {
        final String volume;
        final long offset;
        final RegionModel model;
        /** Numbers of the last operation that was sent, and answered. */
        private volatile int sent;

        private volatile int acked;
        /** What must have survived. */
        private final AtomicInteger promised;
        /** In nanoseconds, by operation since the start of the round. */
        private final List<Long> sentAt = new ArrayList<>();

        private final List<Long> ackedAt = new ArrayList<>();
        private final int firstNumber;

        Client(String volume, long offset, RegionModel model) {
            this.volume = volume;
            this.offset = offset;
            this.model = model;
            firstNumber = model.lastNumber();
            sent = firstNumber;
            acked = firstNumber;
            promised = new AtomicInteger(firstNumber);
        }

        int sent() {
            return sent;
        }

        int promised() {
            return promised.get();
        }

        /** When an operation was sent; never, for one of an earlier round. */
        long sentAt(int number) {
            return number <= firstNumber ? Long.MIN_VALUE : sentAt.get(number - firstNumber - 1);
        }

        /** When an operation was answered; never, if it was not. */
        long ackedAt(int number) {
            int index = number - firstNumber - 1;
            return index >= ackedAt.size() ? Long.MAX_VALUE : ackedAt.get(index);
        }
    }

    /** A snapshot, and which operations of each client of its volume may be in it. */
    @SuppressWarnings("ArrayRecordComponent")
    record Snapshot(String name, String volume, int[] least, int[] most, boolean answered) {}

    private final List<Client> clients;
    private final NbdAddress nbd;
    private final Runnable kill;
    private final AtomicInteger untilKill;
    /** By name: those that are there for sure, and those of which the last command was not answered. */
    final Map<String, Snapshot> taken = new TreeMap<>();

    final List<String> kept;
    final List<String> doubtful = new ArrayList<>();
    private volatile Throwable trouble;

    /**
     * @param kept snapshots of earlier rounds
     * @param kill called once, after so many operations
     */
    KillLoad(List<Client> clients, NbdAddress nbd, List<String> kept, int operations, Runnable kill) {
        this.clients = clients;
        this.nbd = nbd;
        this.kept = new ArrayList<>(kept);
        this.untilKill = new AtomicInteger(operations);
        this.kill = kill;
    }

    /** Runs until the server is dead and all have noticed. */
    void run(SplittableRandom random, ServerProcess server, int round) throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (Client client : clients) {
            SplittableRandom own = random.split();
            threads.add(new Thread(() -> write(client, own), "client-" + client.offset));
        }
        SplittableRandom own = random.split();
        threads.add(new Thread(() -> command(own, server, round), "commands"));
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        if (trouble != null) {
            throw new AssertionError(trouble);
        }
    }

    private void write(Client client, SplittableRandom random) {
        try (DiskClient disk = DiskClient.open(nbd, client.volume)) {
            while (true) {
                if (random.nextInt(12) == 0) {
                    int[] before = acked();
                    disk.flush();
                    promise(before);
                }
                boolean fua = random.nextInt(20) == 0;
                int[] before = acked();
                RegionModel.Operation operation = client.model.next(random);
                client.sentAt.add(System.nanoTime());
                client.sent = operation.number();
                long at = client.offset + (long) operation.firstSector() * RegionModel.SECTOR_BYTES;
                if (operation.write()) {
                    disk.write(at, client.model.data(operation), fua);
                } else {
                    disk.zero(at, operation.bytes());
                }
                client.ackedAt.add(System.nanoTime());
                client.acked = operation.number();
                if (fua && operation.write()) {
                    promise(before);
                    client.promised.accumulateAndGet(operation.number(), Math::max);
                }
                countDown();
            }
        } catch (IOException e) {
            // the server is dead, as it should be
        } catch (Throwable e) {
            trouble = e;
        } finally {
            kill.run();
        }
    }

    private void command(SplittableRandom random, ServerProcess server, int round) {
        try {
            for (int i = 0; ; i++) {
                boolean remove = kept.size() >= MAX_SNAPSHOTS || (!kept.isEmpty() && random.nextInt(3) == 0);
                if (remove) {
                    String name = kept.remove(random.nextInt(kept.size()));
                    doubtful.add(name);
                    send(server, "delete " + name);
                    doubtful.remove(name);
                    taken.remove(name);
                } else {
                    snapshot(server, "s" + round + "_" + i, clients.get(random.nextInt(clients.size())).volume);
                }
                countDown();
            }
        } catch (IOException e) {
            // the server is dead, as it should be
        } catch (Throwable e) {
            trouble = e;
        } finally {
            kill.run();
        }
    }

    private void snapshot(ServerProcess server, String name, String volume) throws IOException {
        int[] before = acked();
        taken.put(name, new Snapshot(name, volume, before, null, false));
        doubtful.add(name);
        send(server, "create " + name + " origin=" + volume);
        taken.put(name, new Snapshot(name, volume, before, sent(), true));
        doubtful.remove(name);
        kept.add(name);
        promise(before); // what it was decided on is as durable as it is
    }

    private static void send(ServerProcess server, String message) throws IOException {
        try (ControlClient control = server.connect()) {
            if (control == null) {
                throw new IOException("the server is gone");
            }
            Reply reply = ReplyParser.parse(control.send(message));
            if (!(reply instanceof Reply.Ok)) {
                throw new AssertionError(message + ": " + reply);
            }
        }
    }

    List<Client> clients() {
        return clients;
    }

    private int[] acked() {
        return clients.stream().mapToInt(client -> client.acked).toArray();
    }

    private int[] sent() {
        return clients.stream().mapToInt(client -> client.sent).toArray();
    }

    private void promise(int[] numbers) {
        for (int i = 0; i < numbers.length; i++) {
            clients.get(i).promised.accumulateAndGet(numbers[i], Math::max);
        }
    }

    private void countDown() {
        if (untilKill.decrementAndGet() == 0) {
            kill.run();
        }
    }
}
