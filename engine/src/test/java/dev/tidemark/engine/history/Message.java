package dev.tidemark.engine.history;

import java.util.List;
import java.util.Set;

/**
 * A message as its text and as what it means.
 *
 * @param request the id under which it is idempotent, null for none
 * @param ifSeq it is refused when the catalogue has changed after this seq, {@link #NO_IF} for none
 * @param open the ids of volumes that clients have open at its turn
 */
public record Message(List<Part> parts, String request, long ifSeq, Set<Long> open) {
    /** Without a condition. */
    static final long NO_IF = -1;

    /**
     * One command with its choices made.
     *
     * @param volume the id of the volume it is about, 0 for none
     * @param into for a merge: the id named, 0 for none
     * @param force whether clients may be sent away
     */
    public record Part(Step.Kind kind, long volume, long into, String name, long size, boolean flag, boolean force) {
        private String text() {
            String readonly = flag ? " readonly=true" : "";
            String forced = force ? " force=true" : "";
            return switch (kind) {
                case CREATE -> "create " + name + " size=" + size + readonly;
                case SNAPSHOT -> "create " + name + " origin=#" + volume + readonly;
                case CLONE -> "clone " + name + " source=#" + volume + readonly;
                case DELETE -> "delete #" + volume + forced;
                case MERGE -> "merge #" + volume + (into == 0 ? "" : " into=#" + into) + forced;
                case RESIZE -> "resize #" + volume + " size=" + size + (flag ? " shrink=true" : "");
                case RENAME -> "rename #" + volume + " to=" + name;
                case LABEL -> "label #" + volume + " k" + size % 3 + "=\"" + name + "\"";
                case READONLY -> "set #" + volume + " readonly=" + flag;
                case FLUSH -> "flush";
                case CHECKPOINT -> "checkpoint";
            };
        }
    }

    /** The same at another turn, with other clients there. */
    Message withOpen(Set<Long> openNow) {
        return new Message(parts, request, ifSeq, openNow);
    }

    boolean forces() {
        return parts.stream().anyMatch(Part::force);
    }

    /** The text that the store gets. A condition stands with the first command, so that it is looked at first. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            boolean first = text.isEmpty();
            text.append(first ? "" : "; ").append(part.text());
            if (ifSeq != NO_IF && first) {
                text.append(" if=").append(ifSeq);
            }
        }
        return request == null ? text.toString() : text + " request=" + request;
    }
}
