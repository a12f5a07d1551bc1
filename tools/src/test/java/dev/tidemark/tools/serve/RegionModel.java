package dev.tidemark.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What one client does to its region of a volume, one request after the other, and which prefixes of that a content can
 * be. Every sector carries who wrote it, so that a content tells its writers: nothing is guessed.
 */
final class RegionModel {
    static final int SECTOR_BYTES = 512;

    private static final int HEADER_BYTES = 24;

    /** One request: writes sectors, or makes them zero. */
    record Operation(int number, int firstSector, int sectors, boolean write) {
        int bytes() {
            return sectors * SECTOR_BYTES;
        }
    }

    private final long region;
    private final int sectors;
    /** By sector: the number of the operation that wrote it last, 0 for zeros; as the last verified content had it. */
    private int[] base;

    private final List<Operation> since = new ArrayList<>();
    private int lastNumber;

    /** A region of zeros; {@code region} tells it from all others of the test. */
    RegionModel(long region, int sectors) {
        this.region = region;
        this.sectors = sectors;
        this.base = new int[sectors];
    }

    /** Makes up the next request: mostly small, some large, some not on block boundaries, some zeros. */
    Operation next(SplittableRandom random) {
        int most = random.nextInt(10) == 0 ? sectors / 4 : 32;
        int count = 1 + random.nextInt(most);
        int first = random.nextInt(sectors - count + 1);
        if (random.nextBoolean()) {
            first &= ~7;
        }
        Operation operation = new Operation(++lastNumber, first, count, random.nextInt(8) != 0);
        since.add(operation);
        return operation;
    }

    int lastNumber() {
        return lastNumber;
    }

    /** The bytes of a write. */
    ByteBuffer data(Operation operation) {
        ByteBuffer bytes = ByteBuffer.allocate(operation.bytes());
        for (int i = 0; i < operation.sectors(); i++) {
            sector(bytes, operation.number(), operation.firstSector() + i);
        }
        return bytes.flip();
    }

    private void sector(ByteBuffer out, int number, int sector) {
        SplittableRandom filler = new SplittableRandom(region * 31 + number * 7919L + sector);
        out.putLong(region).putLong(number).putLong(sector);
        for (int i = HEADER_BYTES; i < SECTOR_BYTES; i += 8) {
            out.putLong(filler.nextLong());
        }
    }

    /** Who wrote each sector of a content; every byte of it is checked. */
    int[] writers(byte[] content) {
        int[] writers = new int[sectors];
        ByteBuffer expected = ByteBuffer.allocate(SECTOR_BYTES);
        ByteBuffer bytes = ByteBuffer.wrap(content);
        for (int sector = 0; sector < sectors; sector++) {
            ByteBuffer found = bytes.slice(sector * SECTOR_BYTES, SECTOR_BYTES);
            int number = (int) found.getLong(8);
            expected.clear();
            if (number != 0) {
                sector(expected, number, sector);
            } else {
                expected.put(new byte[SECTOR_BYTES]);
            }
            assertThat(found.equals(expected.flip()))
                    .as("sector %d of region %d is as operation %d left it", sector, region, number)
                    .isTrue();
            writers[sector] = number;
        }
        return writers;
    }

    /**
     * The numbers of the first and last operation after which the region is so; they differ by those without effect.
     */
    record Prefix(int least, int most) {}

    /** Which prefix leaves these writers, of {@code least} to {@code most} operations; fails when none does. */
    Prefix prefix(int[] writers, int least, int most) {
        int[] now = base.clone();
        int different = 0;
        for (int sector = 0; sector < sectors; sector++) {
            different += now[sector] == writers[sector] ? 0 : 1;
        }
        int first = -1;
        int last = -1;
        int number = since.isEmpty() ? lastNumber : since.get(0).number() - 1;
        for (int i = 0; ; i++) {
            if (different == 0 && number >= least && number <= most) {
                first = first < 0 ? number : first;
                last = number;
            }
            if (i == since.size()) {
                break;
            }
            Operation operation = since.get(i);
            number = operation.number();
            for (int s = operation.firstSector(); s < operation.firstSector() + operation.sectors(); s++) {
                different -= now[s] == writers[s] ? 0 : 1;
                now[s] = operation.write() ? number : 0;
                different += now[s] == writers[s] ? 0 : 1;
            }
        }
        assertThat(first)
                .as("region %d is the result of a prefix that holds %d to %d operations", region, least, most)
                .isNotNegative();
        return new Prefix(first, last);
    }

    /** What was found is where the next round begins. */
    void startFrom(int[] writers) {
        base = writers.clone();
        since.clear();
    }
}
