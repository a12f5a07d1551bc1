package dev.tidemark.engine.codec;

import dev.tidemark.engine.mapping.MappingTrees;
import dev.tidemark.engine.state.BlocksUnmapped;
import dev.tidemark.engine.state.BlocksWritten;
import dev.tidemark.engine.state.RangeZeroed;

/** What must hold of decoded values before anything else looks at them. */
final class Checks {
    /** The largest physical block: 48 bits. */
    static final long MAX_PHYSICAL = (1L << 48) - 1;

    private Checks() {}

    static boolean isValid(BlocksWritten event) {
        return event.volumeId() > 0 && event.blocks() > 0 && isRange(event.firstBlock(), event.blocks());
    }

    static boolean isValid(BlocksUnmapped event) {
        return event.volumeId() > 0
                && event.blocks() > 0
                && isRange(event.firstBlock(), event.blocks())
                && event.jobId() >= 0;
    }

    static boolean isValid(RangeZeroed event) {
        long volumeId = event.volumeId();
        return volumeId > 0
                && (event.head().blocks() == 0 || event.head().volumeId() == volumeId)
                && (event.middle().blocks() == 0 || event.middle().volumeId() == volumeId)
                && (event.tail().blocks() == 0 || event.tail().volumeId() == volumeId);
    }

    private static boolean isRange(long first, long count) {
        return first >= 0 && count <= MappingTrees.MAX_BLOCKS && first <= MappingTrees.MAX_BLOCKS - count;
    }

    /** An id, a seq or a size, from 1. */
    static long positive(String what, long value) {
        if (value < 1) {
            throw new MalformedException(what + "=" + value);
        }
        return value;
    }

    /** A number from 0. */
    static long natural(String what, long value) {
        if (value < 0) {
            throw new MalformedException(what + "=" + value);
        }
        return value;
    }

    /** A text that must be there. */
    static String present(String what, String value) {
        if (value.isEmpty()) {
            throw new MalformedException(what + " is missing");
        }
        return value;
    }
}
