package dev.tidemark.tools.rules;

import com.sun.source.tree.BlockTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** The house rules for one source file. Each finding says what to do instead. */
final class TidyRules {
    static final int FILE_LINES = 500;
    static final int METHOD_LINES = 70;
    static final int LINE_LENGTH = 120;

    /** The words are put together here, so that this file does not hold them itself. */
    private static final Pattern LEFT_OVER =
            Pattern.compile("\\b(" + String.join("|", "TO" + "DO", "FIX" + "ME", "X" + "XX") + ")\\b");

    private TidyRules() {}

    /** Checks a text of any kind: its length, its lines, what was left over. {@code file} is only for the findings. */
    static List<String> textFindings(String file, String text) {
        List<String> findings = new ArrayList<>();
        List<String> lines = text.lines().toList();
        if (lines.size() > FILE_LINES) {
            findings.add(file + ": " + lines.size() + " lines, more than " + FILE_LINES
                    + ": split it along what it does; a second class should have a name of its own");
        }
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            String place = file + ":" + (i + 1) + ": ";
            int length = line.codePointCount(0, line.length());
            if (length > LINE_LENGTH) {
                findings.add(place + length + " characters, more than " + LINE_LENGTH
                        + ": name a part of the expression, or break the text");
            }
            if (LEFT_OVER.matcher(line).find()) {
                findings.add(place + "work that is left over has no place on main: do it now, or file an issue");
            }
        }
        return findings;
    }

    /** Checks that no method, constructor or initializer of a Java file is too long. */
    static List<String> methodFindings(String file, String source) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        JavacTask task = (JavacTask)
                compiler.getTask(null, null, diagnostic -> {}, List.of(), null, List.of(new SourceText(source)));
        List<String> findings = new ArrayList<>();
        try {
            SourcePositions positions = Trees.instance(task).getSourcePositions();
            for (CompilationUnitTree unit : task.parse()) {
                new MethodLengths(file, unit, positions, findings).scan(unit, null);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return findings;
    }

    private static final class MethodLengths extends TreePathScanner<Void, Void> {
        private final String file;
        private final CompilationUnitTree unit;
        private final SourcePositions positions;
        private final List<String> findings;

        MethodLengths(String file, CompilationUnitTree unit, SourcePositions positions, List<String> findings) {
            this.file = file;
            this.unit = unit;
            this.positions = positions;
            this.findings = findings;
        }

        @Override
        public Void visitMethod(MethodTree method, Void nothing) {
            check("method " + method.getName(), method);
            return super.visitMethod(method, null);
        }

        @Override
        public Void visitBlock(BlockTree block, Void nothing) {
            if (getCurrentPath().getParentPath().getLeaf() instanceof ClassTree) {
                check("initializer", block);
            }
            return super.visitBlock(block, null);
        }

        private void check(String what, Tree tree) {
            LineMap lines = unit.getLineMap();
            long first = lines.getLineNumber(positions.getStartPosition(unit, tree));
            long end = positions.getEndPosition(unit, tree);
            if (end < 0) {
                return; // made by the compiler, such as a record's constructor
            }
            long length = lines.getLineNumber(end) - first + 1;
            if (length > METHOD_LINES) {
                findings.add(file + ":" + first + ": " + what + " has " + length + " lines, more than " + METHOD_LINES
                        + ": give its steps names, as methods of their own");
            }
        }
    }

    private static final class SourceText extends SimpleJavaFileObject {
        private final String text;

        SourceText(String text) {
            super(URI.create("string:///Source.java"), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
