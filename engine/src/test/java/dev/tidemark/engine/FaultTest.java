package dev.tidemark.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.engine.history.FaultRun;
import dev.tidemark.engine.history.Setup;
import dev.tidemark.engine.history.Steps;
import dev.tidemark.storage.sim.Fault;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

/** A fault in every storage operation of random histories: see {@link FaultRun} for what must hold. */
class FaultTest {
    private static final int STEPS = 50;

    private static void inEveryOperation(String name, LongFunction<Fault> fault, int histories) throws Exception {
        long faults = 0;
        long stops = 0;
        for (long seed = 1; seed <= histories; seed++) {
            FaultRun run = new FaultRun(Setup.varied(seed), Steps.draw(seed, STEPS));
            run.run(fault, 1);
            faults += run.faults();
            stops += run.stops();
        }
        System.out.println(name + ": " + faults + " faults, " + stops + " stopped the store");
        assertThat(stops).isPositive();
    }

    @Test
    void shouldKeepItsPromisesWhateverOperationFails() throws Exception {
        inEveryOperation("I/O error", number -> Fault.ioError().at(number), 8);
    }

    @Test
    void shouldKeepItsPromisesWheneverTheFileSystemIsFull() throws Exception {
        inEveryOperation("no space", number -> Fault.noSpace().at(number), 8);
    }
}
