package dev.tidemark.engine.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.MessageParser;
import dev.tidemark.engine.state.Applier;
import dev.tidemark.engine.state.Decider;
import dev.tidemark.engine.state.Decision;
import dev.tidemark.engine.state.DecisionContext;
import dev.tidemark.engine.state.Event;
import dev.tidemark.engine.state.State;
import dev.tidemark.engine.state.StateDigest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** States whose trees are empty come back from their rows alone. */
@Tag("quick")
class CheckpointRowsTest {
    private static State state() {
        State state = new State(4096);
        Applier applier = new Applier(state);
        for (String text : List.of(
                "create disk size=1G; label disk a=b c=\"d e\" request=r1",
                "create s1 origin=disk readonly=true; clone s2 source=s1; clone s3 source=s2",
                "merge s2 into=disk request=r2",
                "delete s3",
                "rename disk to=root")) {
            Message message = (Message) MessageParser.parse(text);
            Decision decision = Decider.decide(state, message, new DecisionContext(77, "test", id -> 0));
            applier.apply(((Decision.Apply) decision).event());
        }
        applier.apply(new Event.JobCompleted(78, 1));
        return state;
    }

    private static List<byte[]> rows(State state) {
        List<byte[]> rows = new ArrayList<>();
        CheckpointRows.write(state, rows::add);
        return rows;
    }

    @Test
    void shouldComeBackTheSame() {
        try (State state = state();
                State restored = new State(4096)) {
            CheckpointRows reader = new CheckpointRows(restored);
            rows(state).forEach(reader::read);
            assertThat(reader.isComplete()).isTrue();
            assertThat(StateDigest.of(restored)).isEqualTo(StateDigest.of(state));
            assertThat(restored.catalogue().audit()).isEmpty();
            assertThat(restored.catalogue().byName("root").labels()).containsEntry("c", "d e");
        }
    }

    @Test
    void shouldNoticeMissingAndMisplacedRows() {
        try (State state = state()) {
            List<byte[]> rows = rows(state);
            for (int missing = 0; missing < rows.size(); missing++) {
                List<byte[]> some = new ArrayList<>(rows);
                some.remove(missing);
                try (State restored = new State(4096)) {
                    CheckpointRows reader = new CheckpointRows(restored);
                    boolean footIsMissing = missing == rows.size() - 1;
                    if (footIsMissing) {
                        some.forEach(reader::read);
                        assertThat(reader.isComplete()).isFalse();
                    } else {
                        assertThatThrownBy(() -> some.forEach(reader::read)).isInstanceOf(MalformedException.class);
                    }
                }
            }
            try (State restored = new State(8192)) {
                CheckpointRows reader = new CheckpointRows(restored);
                assertThatThrownBy(() -> reader.read(rows.get(0)))
                        .isInstanceOf(MalformedException.class)
                        .hasMessage("blocks of 4096 bytes");
            }
        }
    }
}
