package dev.tidemark.tools.cli;

import java.util.List;
import picocli.CommandLine.Command;

/** {@code tidemark list}: the volumes. */
@Command(
        name = "list",
        description = "List the volumes of a store; changes nothing, with or without a server.",
        footerHeading = "%nExample:%n",
        footer = "  tidemark list /tmp/store --json | jq -r '.[] | select(.kind == \"snapshot\").name'")
final class ListCommand extends QueryCommand {
    /** The fields that each object has, null where they do not apply. Scripts rely on them. */
    private static final String[] JSON_KEYS = {
        "id", "name", "kind", "size", "readonly", "source_id", "origin_id", "created_seq", "created_at", "mapped_bytes"
    };

    @Override
    String query() {
        return "list";
    }

    @Override
    String text(Answer answer) {
        return TextTable.of(
                answer.rows(),
                "id",
                "name",
                "kind",
                "size:size",
                "readonly",
                "source_id",
                "origin_id",
                "created_at",
                "mapped_bytes:size");
    }

    @Override
    String json(Answer answer) {
        return Json.array(answer.rows(), JSON_KEYS);
    }

    /** The keys, for the test that holds them fast. */
    static List<String> jsonKeys() {
        return List.of(JSON_KEYS);
    }
}
