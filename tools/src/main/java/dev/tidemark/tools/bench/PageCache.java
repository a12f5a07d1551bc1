package dev.tidemark.tools.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Drops a file's pages from the page cache, which Java can't: GNU dd asks the kernel (posix_fadvise, DONTNEED). */
final class PageCache {
    private PageCache() {}

    /** Whether it could be asked for; dirty pages stay, so the file should be forced before. */
    static boolean drop(Path file) {
        try {
            Process dd = new ProcessBuilder("dd", "if=" + file, "iflag=nocache", "count=0", "status=none")
                    .redirectErrorStream(true)
                    .start();
            dd.getOutputStream().close();
            boolean well = dd.waitFor(1, TimeUnit.MINUTES) && dd.exitValue() == 0;
            dd.destroy();
            return well;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
