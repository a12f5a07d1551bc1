package dev.tidemark.storage;

import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.nio.channels.FileChannel;

/**
 * Switches off, where the JVM was started so that it can be, that an interrupt of a thread in a {@link FileChannel}
 * closes the channel for everybody ({@code --add-opens java.base/sun.nio.ch=ALL-UNNAMED}).
 */
final class Uninterruptible {
    private static final Method METHOD = find();

    private Uninterruptible() {}

    private static Method find() {
        try {
            Method method = Class.forName("sun.nio.ch.FileChannelImpl").getMethod("setUninterruptible");
            method.setAccessible(true);
            return method;
        } catch (ReflectiveOperationException | InaccessibleObjectException | SecurityException e) {
            return null;
        }
    }

    /** Whether {@link #make} has an effect in this JVM. */
    static boolean available() {
        return METHOD != null;
    }

    /** Returns whether interrupts leave the channel alone from now on. */
    static boolean make(FileChannel channel) {
        if (METHOD == null) {
            return false;
        }
        try {
            METHOD.invoke(channel);
            return true;
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            return false; // a channel of another provider
        }
    }
}
