package dev.tidemark.tools.cli;

import dev.tidemark.engine.StoreOpenException;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Runs what takes long, with a progress bar when somebody watches. */
final class LongWork {
    /** Told how much is done. */
    @FunctionalInterface
    interface Progress {
        void step(long done, long total);
    }

    /** What takes long. */
    @FunctionalInterface
    interface Work<T> {
        T run(Progress progress) throws StoreOpenException;
    }

    private LongWork() {}

    /** Runs it; {@code unit} begins with a space. */
    static <T> T run(String name, String unit, Work<T> work) throws StoreOpenException {
        if (!Terminal.isThere()) {
            return work.run((done, total) -> {});
        }
        try (ProgressBar bar = new ProgressBarBuilder()
                .setTaskName(name)
                .setInitialMax(0)
                .setUnit(unit, 1)
                .setStyle(ProgressBarStyle.ASCII)
                .build()) {
            return work.run((done, total) -> {
                bar.maxHint(total);
                bar.stepTo(done);
            });
        }
    }
}
