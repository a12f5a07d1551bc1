package dev.tidemark.tools.cli;

import dev.tidemark.engine.message.Line;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code tidemark status}: how a store, or a volume, is. */
@Command(
        name = "status",
        description = "Show how a store is, its options and its jobs, or how a volume is; changes nothing.",
        footerHeading = "%nExamples:%n",
        footer = {"  tidemark status /tmp/store", "  tidemark status /tmp/store disk --json"})
final class StatusCommand extends QueryCommand {
    private static final String OPTION = "option";
    private static final String JOB = "job";

    @Parameters(index = "1", arity = "0..1", paramLabel = "VOL", description = "A volume: its name, #ID or id:ID.")
    private String volume;

    @Override
    String query() {
        return volume == null ? "status" : "status " + volume;
    }

    @Override
    String text(Answer answer) {
        Map<String, String> lines = new LinkedHashMap<>(answer.line().fields());
        lines.remove("rows");
        Map<String, String> main = new LinkedHashMap<>(answer.rows().get(0).fields());
        main.remove("row");
        lines.putAll(main);
        of(answer, OPTION).forEach(row -> lines.put("option " + row.get("name"), row.get("value")));
        of(answer, JOB)
                .forEach(row -> lines.put(
                        "job " + row.get("id"),
                        row.get("reason") + " of volume #" + row.get("volume_id") + ", " + row.get("percent") + "%"));
        int width = lines.keySet().stream().mapToInt(String::length).max().orElse(0);
        StringBuilder out = new StringBuilder();
        lines.forEach((key, value) -> out.append(key)
                .append(" ".repeat(width - key.length() + 2))
                .append(value)
                .append('\n'));
        return out.substring(0, out.length() - 1);
    }

    @Override
    String json(Answer answer) {
        Map<String, String> options = new LinkedHashMap<>();
        of(answer, OPTION).forEach(row -> options.put(row.get("name"), row.get("value")));
        Line first = answer.rows().get(0);
        String what = first.get("row");
        return "{\"seq\": " + answer.line().get("seq") + ", \"durable_seq\": "
                + answer.line().get("durable_seq") + ",\n " + Json.quote(what) + ": " + Json.object(first) + ",\n"
                + (what.equals("store") ? " \"options\": " + Json.texts(options) + ",\n" : "")
                + " \"jobs\": " + Json.array(of(answer, JOB)) + "}";
    }

    private static List<Line> of(Answer answer, String kind) {
        return answer.rows().stream().filter(row -> kind.equals(row.get("row"))).toList();
    }
}
