package dev.tidemark.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Turns what the JDK throws into what {@link Storage} promises: errors that name the file, and a full device by type.
 */
final class DiskErrors {
    private static final String NO_SPACE = "No space left on device";
    private static final String QUOTA = "Disk quota exceeded";

    private DiskErrors() {}

    /** An exception to throw for {@code e}, which a call about {@code path} met. */
    static IOException describe(IOException e, Path path, String action) {
        if (e instanceof NoSpaceException
                || e instanceof NoSuchFileException
                || e instanceof FileAlreadyExistsException) {
            return e;
        }
        String reason = reason(e);
        if (reason.equals(NO_SPACE) || reason.equals(QUOTA) || reason.equals(LocalText.NO_SPACE)) {
            return new NoSpaceException(path + ": " + action + ": " + reason, e);
        }
        if (e instanceof FileSystemException) {
            return e; // names its file
        }
        if (e.getMessage() != null && e.getMessage().startsWith(path.toString())) {
            return e;
        }
        return new IOException(path + ": " + action + ": " + reason, e);
    }

    private static String reason(IOException e) {
        String reason = e instanceof FileSystemException named ? named.getReason() : e.getMessage();
        return reason == null ? e.getClass().getSimpleName() : reason;
    }

    /** The JDK gives the system's own text, in the user's language; the one device that is always full tells it. */
    private static final class LocalText {
        static final String NO_SPACE = ask();

        private static String ask() {
            Path full = Path.of("/dev/full");
            try (FileChannel channel = FileChannel.open(full, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.allocateDirect(1));
            } catch (IOException e) {
                if (!(e instanceof FileSystemException) && e.getMessage() != null) {
                    return e.getMessage();
                }
            }
            return DiskErrors.NO_SPACE; // no such device here, or it took the byte
        }
    }
}
