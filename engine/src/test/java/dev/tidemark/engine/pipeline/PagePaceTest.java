package dev.tidemark.engine.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class PagePaceTest {
    private static final long QUICK = PagePace.SLOW_NANOS;
    private static final long SLOW = PagePace.SLOW_NANOS + 1;

    private final PagePace pace = new PagePace();

    private void note(long nanos, int times) {
        for (int i = 0; i < times; i++) {
            pace.note(1, nanos);
        }
    }

    private int left(int writes) {
        int left = 0;
        for (int i = 0; i < writes; i++) {
            left += pace.mayLeave() ? 1 : 0;
        }
        return left;
    }

    @Test
    void shouldLeavePagesToPlaceWhileTheyAreQuick() {
        note(QUICK, 1000);
        assertThat(left(1000)).isEqualTo(1000);
    }

    @Test
    void shouldNotMindASlowOneNowAndThen() {
        for (int i = 0; i < 1000; i++) {
            pace.note(1, i % 3 == 0 ? SLOW : QUICK);
        }
        assertThat(left(100)).isEqualTo(100);
    }

    @Test
    void shouldMindAFewThatAreVerySlow() {
        for (int i = 0; i < 1001; i++) {
            pace.note(1, i % 8 == 0 ? PagePace.VERY_SLOW_NANOS + 1 : QUICK);
        }
        assertThat(left(100)).as("two of sixteen").isEqualTo(100);
        note(PagePace.VERY_SLOW_NANOS + 1, 1);
        assertThat(left(100)).isLessThan(3);
    }

    @Test
    void shouldAllowMorePagesMoreTime() {
        for (int i = 0; i < 100; i++) {
            pace.note(40L * PagePace.PAGES, 40 * QUICK);
        }
        assertThat(left(100)).isEqualTo(100);
        for (int i = 0; i < PagePace.MANY; i++) {
            pace.note(40L * PagePace.PAGES, 40 * QUICK + 1);
        }
        assertThat(left(100)).isLessThan(3);
    }

    @Test
    void shouldLookNowAndThenWhetherTheyAreQuickAgain() {
        note(SLOW, PagePace.MANY);
        assertThat(left(10 * PagePace.PROBE_EVERY)).isEqualTo(10);
        note(QUICK, PagePace.FAST_PROBES - 1);
        note(SLOW, 1);
        note(QUICK, PagePace.FAST_PROBES - 1);
        assertThat(left(PagePace.PROBE_EVERY)).as("not that many in a row").isEqualTo(1);
        note(QUICK, 1);
        assertThat(left(100)).isEqualTo(100);
    }

    @Test
    void shouldBeginAnewWhenItIsQuickAgain() {
        note(SLOW, PagePace.MANY);
        note(QUICK, PagePace.FAST_PROBES);
        note(SLOW, PagePace.MANY - 1);
        assertThat(left(100)).isEqualTo(100);
        note(SLOW, 1);
        assertThat(left(100)).isLessThan(3);
    }
}
