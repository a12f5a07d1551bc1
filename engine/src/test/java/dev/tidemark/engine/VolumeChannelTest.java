package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A volume as a channel: positions, ends, what is closed or read-only, interrupts. */
@Tag("quick")
class VolumeChannelTest {
    private static final int SIZE = 64 << 10;

    @TempDir
    Path folder;

    private StoreConfig config;
    private Store store;
    private Volume disk;

    @BeforeEach
    void open() throws Exception {
        config = StoreConfig.at(folder.resolve("store"))
                .capacityBytes(256L << 20)
                .build();
        Store.init(config);
        store = Store.open(config);
        store.send("create disk size=64K");
        disk = store.volume("disk");
    }

    @AfterEach
    void close() {
        assertThat(store.failure()).isNull();
        store.close();
    }

    private static ByteBuffer text(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.US_ASCII.decode(bytes.flip()).toString();
    }

    @Test
    void shouldMoveItsPositionWithReadsAndWrites() throws Exception {
        try (VolumeChannel channel = VolumeChannel.open(disk)) {
            assertThat(channel.position()).isZero();
            assertThat(channel.write(text("one two"))).isEqualTo(7);
            assertThat(channel.position()).isEqualTo(7);
            assertThat(channel.write(text(" three"))).isEqualTo(6);
            ByteBuffer five = ByteBuffer.allocate(5);
            assertThat(channel.position(4).read(five)).isEqualTo(5);
            assertThat(text(five)).isEqualTo("two t");
            assertThat(channel.position()).isEqualTo(9);
            assertThat(channel.read(ByteBuffer.allocate(0))).isZero();
            assertThat(channel.write(ByteBuffer.allocate(0))).isZero();
            assertThat(channel.position()).isEqualTo(9);
        }
    }

    @Test
    void shouldLeaveItsPositionAloneWhenOneIsGiven() throws Exception {
        try (VolumeChannel channel = VolumeChannel.open(disk)) {
            ByteBuffer source = text("--abc--");
            source.position(2).limit(5);
            assertThat(channel.position(77).write(source, 4095)).isEqualTo(3);
            assertThat(source.position()).isEqualTo(5);
            ByteBuffer target = ByteBuffer.allocate(9);
            target.position(3).limit(6);
            assertThat(channel.read(target, 4095)).isEqualTo(3);
            assertThat(target.position()).isEqualTo(6);
            assertThat(target.limit()).isEqualTo(6);
            assertThat(new String(target.array(), 3, 3, StandardCharsets.US_ASCII))
                    .isEqualTo("abc");
            assertThat(channel.position()).isEqualTo(77);
        }
    }

    @Test
    void shouldEndWithTheVolume() throws Exception {
        try (VolumeChannel channel = VolumeChannel.open(disk)) {
            assertThat(channel.size()).isEqualTo(SIZE);
            assertThat(channel.write(text("end"), SIZE - 2)).isEqualTo(2);
            assertThatThrownBy(() -> channel.write(text("d"), SIZE))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("resize");
            assertThat(channel.write(ByteBuffer.allocate(0), SIZE + 5)).isZero();
            ByteBuffer target = ByteBuffer.allocate(10);
            assertThat(channel.read(target, SIZE - 2)).isEqualTo(2);
            assertThat(text(target)).isEqualTo("en");
            assertThat(channel.read(ByteBuffer.allocate(1), SIZE)).isEqualTo(-1);
            assertThat(channel.read(ByteBuffer.allocate(0), SIZE)).isZero();
            assertThat(channel.position(SIZE + 1).read(ByteBuffer.allocate(1))).isEqualTo(-1);
            assertThat(channel.position()).isEqualTo(SIZE + 1);
            assertThat(store.send("resize disk size=128K")).startsWith("ok");
            assertThat(channel.size()).isEqualTo(2 * SIZE);
            assertThat(channel.write(text("d"), SIZE)).isEqualTo(1);
            assertThatThrownBy(() -> channel.position(-1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1), -1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldTruncateNothingButItsPosition() throws Exception {
        try (VolumeChannel channel = VolumeChannel.open(disk)) {
            channel.position(3L * SIZE).truncate(2L * SIZE);
            assertThat(channel.position()).isEqualTo(2L * SIZE);
            assertThat(channel.size()).isEqualTo(SIZE);
            assertThatThrownBy(() -> channel.truncate(SIZE - 1)).isInstanceOf(UnsupportedOperationException.class);
        }
    }

    @Test
    void shouldReadAsAStreamToTheEnd() throws Exception {
        byte[] content = new byte[SIZE];
        new Random(1).nextBytes(content);
        disk.write(0, ByteBuffer.wrap(content));
        try (InputStream stream = Channels.newInputStream(VolumeChannel.openReadOnly(disk))) {
            assertThat(stream.readAllBytes()).isEqualTo(content);
        }
    }

    @Test
    void shouldCutWhatIsLongerThanARequest() throws Exception {
        store.send("create large size=100M");
        byte[] content = new byte[Volume.MAX_REQUEST_BYTES + 5000];
        new Random(2).nextBytes(content);
        try (VolumeChannel channel = VolumeChannel.open(store.volume("large"))) {
            assertThat(channel.write(ByteBuffer.wrap(content), 700)).isEqualTo(content.length);
            ByteBuffer target = ByteBuffer.allocate(content.length);
            assertThat(channel.read(target, 700)).isEqualTo(content.length);
            assertThat(target.array()).isEqualTo(content);
        }
    }

    @Test
    void shouldRefuseWritesThatMayNotBe() throws Exception {
        try (VolumeChannel channel = VolumeChannel.openReadOnly(disk)) {
            assertThatThrownBy(() -> channel.write(text("a"))).isInstanceOf(NonWritableChannelException.class);
            assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(1);
            channel.force(true);
        }
        try (VolumeChannel channel = VolumeChannel.open(disk)) {
            store.send("set disk readonly=true");
            assertThatThrownBy(() -> channel.write(text("a")))
                    .isInstanceOf(NonWritableChannelException.class)
                    .hasCauseInstanceOf(StoreException.class);
            assertThat(channel.position()).isZero();
        }
    }

    @Test
    void shouldBeAClientOfItsVolumeUntilItIsClosed() throws Exception {
        VolumeChannel channel = VolumeChannel.open(disk);
        assertThat(store.send("delete disk")).startsWith("error code=busy");
        channel.close();
        channel.close();
        assertThat(channel.isOpen()).isFalse();
        assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1))).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> channel.write(text("a"))).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> channel.write(text("a"), 0)).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> channel.force(false)).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(channel::size).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(channel::position).isInstanceOf(ClosedChannelException.class);
        assertThat(store.send("delete disk")).startsWith("ok");
        assertThatThrownBy(() -> VolumeChannel.open(disk)).isInstanceOf(StoreException.class);
    }

    @Test
    void shouldBeClosedByForce() throws Exception {
        VolumeChannel channel = VolumeChannel.open(disk);
        assertThat(store.send("delete disk force=true")).startsWith("ok");
        assertThat(channel.isOpen()).isFalse();
        assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1))).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void shouldKeepWhatWasForced() throws Exception {
        try (VolumeChannel channel = VolumeChannel.open(disk)) {
            channel.write(text("kept"), 1000);
            channel.force(false);
        }
        store.close();
        store = Store.open(config);
        ByteBuffer target = ByteBuffer.allocate(4);
        try (VolumeChannel channel = VolumeChannel.open(store.volume("disk"))) {
            channel.read(target, 1000);
        }
        assertThat(text(target)).isEqualTo("kept");
    }

    /** A file channel would be closed, for everybody. */
    @Test
    void shouldOutliveAnInterrupt() throws Exception {
        try (VolumeChannel mine = VolumeChannel.open(disk);
                VolumeChannel other = VolumeChannel.open(disk)) {
            Thread.currentThread().interrupt();
            assertThat(mine.write(text("interrupted"))).isEqualTo(11);
            mine.force(true);
            ByteBuffer target = ByteBuffer.allocate(11);
            assertThat(mine.read(target, 0)).isEqualTo(11);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(text(target)).isEqualTo("interrupted");
            assertThat(mine.isOpen()).isTrue();
            assertThat(other.write(text("next"), 0)).isEqualTo(4);
            other.force(true);
        }
    }
}
