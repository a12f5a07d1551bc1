package dev.tidemark.tools.cli;

import picocli.CommandLine.Command;

/** {@code tidemark jobs}: the background work that is not done. */
@Command(
        name = "jobs",
        description = "List the background jobs of a store that are not done; changes nothing.",
        footerHeading = "%nExample:%n",
        footer = "  tidemark jobs /tmp/store --json")
final class JobsCommand extends QueryCommand {
    private static final String[] KEYS = {
        "id", "kind", "reason", "volume_id", "started_seq", "started_at", "done_bytes", "total_bytes", "percent"
    };

    @Override
    String query() {
        return "jobs";
    }

    @Override
    String text(Answer answer) {
        return TextTable.of(
                answer.rows(),
                "id",
                "kind",
                "reason",
                "volume_id",
                "started_at",
                "done_bytes:size",
                "total_bytes:size",
                "percent");
    }

    @Override
    String json(Answer answer) {
        return Json.array(answer.rows(), KEYS);
    }
}
