package dev.tidemark.storage.sim;

import java.util.ArrayList;
import java.util.List;

/** The faults that are planned, and how often each has matched. */
final class Faults {
    private static final class Armed {
        final Fault fault;
        long matches;

        Armed(Fault fault) {
            this.fault = fault;
        }
    }

    private final List<Armed> planned = new ArrayList<>();

    void add(Fault fault) {
        planned.add(new Armed(fault));
    }

    void clear() {
        planned.clear();
    }

    /** What strikes this call, or null. Every fault counts its matches; the first that strikes wins. */
    Fault.Effect strike(Operation kind, String name, long number) {
        Fault.Effect struck = null;
        for (int i = 0; i < planned.size(); i++) {
            Armed armed = planned.get(i);
            if (armed.fault.matches(kind, name, number)) {
                armed.matches++;
                if (struck == null && armed.fault.strikes(armed.matches)) {
                    struck = armed.fault.effect();
                }
            }
        }
        return struck;
    }
}
