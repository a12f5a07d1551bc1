package dev.tidemark.engine.history;

import dev.tidemark.engine.Hooks;
import dev.tidemark.engine.Store;
import dev.tidemark.engine.Volume;
import dev.tidemark.engine.message.Command;
import dev.tidemark.engine.message.Line;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.Options;
import dev.tidemark.engine.message.Reply;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Compares a store with what it must hold: catalogue, what is mapped, and every byte. */
public final class Inspector {
    private static final Message LIST = Message.of(new Command.ListVolumes(Options.NONE));
    private static final int CHUNK_BYTES = 1 << 20;

    private Inspector() {}

    /** The first difference as a text, or null. */
    public static String difference(Store store, List<ModelVolume> picture) {
        Reply reply = store.send(LIST, "inspector");
        if (!(reply instanceof Reply.Ok ok)) {
            return "list says " + reply;
        }
        if (ok.rows().size() != picture.size()) {
            return "there are " + ok.rows().size() + " volumes, not " + picture.size() + ": " + reply;
        }
        for (int i = 0; i < picture.size(); i++) {
            ModelVolume expected = picture.get(i);
            String difference = difference(ok.rows().get(i), expected);
            if (difference == null) {
                difference = difference(store, expected);
            }
            if (difference == null && !Hooks.labels(store, expected.id()).equals(expected.labels())) {
                difference = "labels " + Hooks.labels(store, expected.id()) + ", not " + expected.labels();
            }
            if (difference != null) {
                return "volume " + expected + ": " + difference;
            }
        }
        return null;
    }

    /** The first difference of content alone: also of a store that has stopped, which answers no message. */
    public static String contentDifference(Store store, List<ModelVolume> picture) {
        if (store.volumes().size() != picture.size()) {
            return "there are volumes " + store.volumes() + ", not " + picture;
        }
        for (ModelVolume expected : picture) {
            String difference = difference(store, expected);
            if (difference != null) {
                return "volume " + expected + ": " + difference;
            }
        }
        return null;
    }

    private static String difference(Line row, ModelVolume expected) {
        String[][] fields = {
            {"id", Long.toString(expected.id())},
            {"name", expected.name()},
            {"kind", expected.origin() ? "origin" : "snapshot"},
            {"size", Long.toString(expected.size())},
            {"readonly", Boolean.toString(expected.readonly())},
            {"source_id", expected.sourceId() == 0 ? null : Long.toString(expected.sourceId())},
        };
        for (String[] field : fields) {
            String found = row.get(field[0]);
            if (field[1] == null ? found != null : !field[1].equals(found)) {
                return field[0] + "=" + found + ", not " + field[1] + " in " + row;
            }
        }
        return null;
    }

    private static String difference(Store store, ModelVolume expected) {
        Volume volume = store.volume("#" + expected.id());
        int blockSize = volume.blockSizeBytes();
        ByteBuffer target = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, expected.size()));
        for (long offset = 0; offset < expected.size(); offset += target.capacity()) {
            int length = (int) Math.min(target.capacity(), expected.size() - offset);
            target.clear().limit(length);
            try {
                volume.read(offset, target);
            } catch (RuntimeException e) {
                return "the read at " + offset + " failed: " + e;
            }
            int at = mismatch(expected, offset, target.array(), length, blockSize);
            if (at >= 0) {
                return "byte " + (offset + at) + " differs";
            }
        }
        String[] wrong = new String[1];
        volume.extents(0, expected.size(), (offset, length, mapped) -> {
            for (long block = offset / blockSize; block * blockSize < offset + length; block++) {
                if (mapped != expected.blocks().containsKey(block)) {
                    wrong[0] = "block " + block + (mapped ? " is mapped" : " is not mapped");
                }
            }
            return true;
        });
        return wrong[0];
    }

    private static int mismatch(ModelVolume expected, long offset, byte[] found, int length, int blockSize) {
        byte[] zeros = new byte[blockSize];
        for (int at = 0; at < length; at += blockSize) {
            byte[] content = expected.blocks().getOrDefault((offset + at) / blockSize, zeros);
            int part = Math.min(blockSize, length - at);
            int different = Arrays.mismatch(content, 0, part, found, at, at + part);
            if (different >= 0) {
                return at + different;
            }
        }
        return -1;
    }
}
