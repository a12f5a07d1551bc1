package dev.tidemark.storage;

/**
 * The names of files in a {@link Storage}: relative, plain parts between slashes, so that no name ever leaves its
 * folder.
 */
public final class FileNames {
    private FileNames() {}

    /**
     * Checks a name: {@code ""} for the folder itself, or parts between single slashes, none of them empty, {@code .}
     * or {@code ..}, none with a NUL.
     *
     * @return the name
     * @throws IllegalArgumentException if it is none
     */
    public static String check(String name) {
        if (name.isEmpty()) {
            return name;
        }
        int start = 0;
        while (true) {
            int slash = name.indexOf('/', start);
            int end = slash < 0 ? name.length() : slash;
            int length = end - start;
            boolean dots = length > 0
                    && length <= 2
                    && name.charAt(start) == '.'
                    && (length == 1 || name.charAt(start + 1) == '.');
            if (length == 0 || dots) {
                throw new IllegalArgumentException("not a relative file name: \"" + name + '"');
            }
            if (slash < 0) {
                break;
            }
            start = slash + 1;
        }
        if (name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a NUL in a file name");
        }
        return name;
    }

    /**
     * Checks the name of something in the folder, not of the folder itself.
     *
     * @return the name
     * @throws IllegalArgumentException if it is none
     */
    public static String checkEntry(String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException("the folder itself is not a file in it");
        }
        return check(name);
    }

    /** The directory part of a name that was checked: {@code ""} for a name without a slash. */
    public static String parent(String name) {
        int slash = name.lastIndexOf('/');
        return slash < 0 ? "" : name.substring(0, slash);
    }

    /** The last part of a name that was checked. */
    public static String plain(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }
}
