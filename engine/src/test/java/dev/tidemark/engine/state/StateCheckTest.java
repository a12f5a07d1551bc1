package dev.tidemark.engine.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.mapping.MappingRoot;
import dev.tidemark.engine.space.Allocator;
import dev.tidemark.engine.space.PendingFrees;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The full check finds what is broken on purpose; the applier stops at events of another history. */
@Tag("quick")
class StateCheckTest {
    private final Conversation conversation = new Conversation();
    private final State state = conversation.state;

    @BeforeEach
    void fill() {
        conversation.say("create disk size=1M");
        conversation.say("!write disk 0 5");
        conversation.say("create snap origin=disk");
        conversation.say("!write disk 2 1");
        assertThat(StateCheck.check(state)).isEmpty();
    }

    @AfterEach
    void close() {
        conversation.close();
    }

    @Test
    void shouldFindABlockWithTooManyReferences() {
        state.space().retain(new long[] {2}, 1);
        assertThat(StateCheck.check(state)).isNotEmpty().anyMatch(finding -> finding.contains("2"));
    }

    @Test
    void shouldFindABlockWithTooFewReferences() {
        state.space().release(new long[] {6}, 1);
        assertThat(StateCheck.check(state)).isNotEmpty();
    }

    @Test
    void shouldFindATreeThatNobodyHolds() {
        state.trees().share(state.catalogue().byName("disk").root(), new MappingRoot());
        assertThat(StateCheck.check(state)).isNotEmpty();
    }

    @Test
    void shouldFindWhatIsMappedBeyondTheEnd() {
        state.trees().put(state.catalogue().byName("disk").root(), 256, 100, 1, new int[1], 0, 0);
        assertThat(StateCheck.check(state)).containsExactly("volume #1 disk: blocks are mapped beyond its end");
    }

    @Test
    void shouldCompareSpaceWithTheAllocator() {
        Allocator allocator = Allocator.over(state.space().counts(), 100_000, 100);
        PendingFrees pending = allocator.pending();
        assertThat(StateCheck.checkSpace(state, allocator, pending, 0)).isEmpty();
        long run = allocator.allocate(10, false);
        assertThat(StateCheck.checkSpace(state, allocator, pending, Allocator.length(run)))
                .isEmpty();
        assertThat(StateCheck.checkSpace(state, allocator, pending, 0)).hasSize(1);
    }

    @Test
    void shouldSayThatAnEventIsOfAnotherHistory() {
        Applier applier = new Applier(state);
        BlocksWritten nobody = new BlocksWritten().reset(1, 99, 0);
        nobody.addRun(1000, 1);
        assertThatThrownBy(() -> applier.apply(nobody))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("event 5 is about volume #99, which does not exist");
        assertThatThrownBy(() -> applier.apply(new Event.JobStepped(1, 7, 10)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("event 5 is about job 7, which does not exist");
    }

    @Test
    void shouldDigestWhatMattersAndNothingElse() {
        String digest = StateDigest.of(state);
        assertThat(StateDigest.of(state)).hasSize(64).isEqualTo(digest);
        Applier applier = new Applier(state);
        applier.apply(new Event.SpaceLow(1, 10, 1000));
        String later = StateDigest.of(state);
        assertThat(later).as("the seq is in it").isNotEqualTo(digest);
        int[] checksum = {12345};
        state.trees().put(state.catalogue().byName("disk").root(), 7, 100, 1, checksum, 0, 0);
        assertThat(StateDigest.of(state)).as("every mapping is in it").isNotEqualTo(later);
    }
}
