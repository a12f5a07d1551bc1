package dev.tidemark.engine.state;

import dev.tidemark.engine.job.ReclaimJob;
import dev.tidemark.engine.message.Command;
import dev.tidemark.engine.message.Line;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.engine.volume.LiveVolume;
import dev.tidemark.engine.volume.VolumeKind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The answers to {@code status}, {@code list} and {@code jobs}: the one place that says which rows and fields they
 * have. A
 * field that does not apply is left out. The first line of each is {@code ok seq=… rows=N durable_seq=…}.
 *
 * <table>
 * <caption>Rows</caption>
 * <tr><td>{@code list}</td><td>one for each volume, by id: {@code id name kind size readonly source_id origin_id
 *     created_seq created_at mapped_bytes}; source and origin of snapshots only</td></tr>
 * <tr><td>{@code jobs}</td><td>one for each job, oldest first: {@code id kind reason volume_id started_seq started_at
 *     done_bytes total_bytes percent}</td></tr>
 * <tr><td>{@code status}</td><td>{@code row=store} with {@code block_size volumes origins snapshots gone jobs requests
 *     used_bytes page_bytes catalogue_seq} and what the pipeline adds; its further rows; then {@code row=job} for the
 *     oldest jobs, with the fields of {@code jobs}</td></tr>
 * <tr><td>{@code status VOL}</td><td>{@code row=volume} with the fields of {@code list}, then {@code label.KEY} for
 * each
 *     label; then {@code row=job} for its jobs</td></tr>
 * </table>
 *
 * Bytes count mapped or used blocks at their full size. Writer thread.
 */
public final class Views {
    /** The most jobs that {@code status} shows: {@code jobs} shows all. */
    public static final int MAX_STATUS_JOBS = 16;

    private final State state;

    /** Views of one state. */
    public Views(State state) {
        this.state = state;
    }

    /** Answers a query. */
    public Reply answer(Command query, StoreFacts facts) {
        if (query instanceof Command.Status status) {
            return status.volume() == null ? store(facts) : volume(status, facts);
        }
        List<Line> rows = new ArrayList<>();
        if (query instanceof Command.ListVolumes) {
            for (LiveVolume volume : state.catalogue().volumes()) {
                rows.add(new Line(volumeFields(volume)));
            }
        } else if (query instanceof Command.Jobs) {
            for (ReclaimJob job : state.jobs().all()) {
                rows.add(new Line(jobFields(job)));
            }
        } else {
            throw new IllegalArgumentException("not a query: " + query);
        }
        return reply(rows, facts);
    }

    private Reply store(StoreFacts facts) {
        int volumes = state.catalogue().size();
        int origins = state.catalogue().origins();
        Map<String, String> fields = new LinkedHashMap<>();
        put(fields, "row", "store");
        put(fields, "block_size", state.blockSizeBytes());
        put(fields, "volumes", volumes);
        put(fields, "origins", origins);
        put(fields, "snapshots", volumes - origins);
        put(fields, "gone", state.catalogue().deadCount());
        put(fields, "jobs", state.jobs().size());
        put(fields, "requests", state.requests().size());
        put(fields, "used_bytes", bytes(state.space().usedBlocks()));
        put(fields, "page_bytes", state.pages().memoryBytes());
        put(fields, "catalogue_seq", state.catalogueSeq());
        fields.putAll(facts.fields());
        List<Line> rows = new ArrayList<>(List.of(new Line(fields)));
        rows.addAll(facts.rows());
        addJobs(rows, 0);
        return reply(rows, facts);
    }

    private Reply volume(Command.Status status, StoreFacts facts) {
        LiveVolume volume = state.catalogue().find(status.volume());
        if (volume == null) {
            return new Reply.Refused(
                    CommandDecider.noSuchVolume(state, status.volume()).refusal());
        }
        Map<String, String> fields = new LinkedHashMap<>();
        put(fields, "row", "volume");
        fields.putAll(volumeFields(volume));
        volume.labels().forEach((key, value) -> put(fields, "label." + key, value));
        List<Line> rows = new ArrayList<>(List.of(new Line(fields)));
        addJobs(rows, volume.id());
        return reply(rows, facts);
    }

    /** Adds the oldest jobs of a volume, or of all volumes for 0. */
    private void addJobs(List<Line> rows, long volumeId) {
        int shown = 0;
        for (ReclaimJob job : state.jobs().all()) {
            if (shown < MAX_STATUS_JOBS && (volumeId == 0 || job.volumeId() == volumeId)) {
                Map<String, String> fields = new LinkedHashMap<>();
                put(fields, "row", "job");
                fields.putAll(jobFields(job));
                rows.add(new Line(fields));
                shown++;
            }
        }
    }

    private Reply reply(List<Line> rows, StoreFacts facts) {
        Line line = Line.of("seq", state.seq(), "rows", rows.size(), "durable_seq", facts.durableSeq());
        return new Reply.Ok(List.of(line), rows);
    }

    /** The fields of a volume in {@code list}, in order. */
    public Map<String, String> volumeFields(LiveVolume volume) {
        boolean snapshot = volume.kind() == VolumeKind.SNAPSHOT;
        Map<String, String> fields = new LinkedHashMap<>();
        put(fields, "id", volume.id());
        put(fields, "name", volume.name());
        put(fields, "kind", volume.kind());
        put(fields, "size", volume.sizeBytes());
        put(fields, "readonly", volume.readonly());
        put(fields, "source_id", snapshot ? volume.sourceId() : null);
        put(fields, "origin_id", snapshot ? volume.familyId() : null);
        put(fields, "created_seq", volume.createdSeq());
        put(fields, "created_at", Instant.ofEpochMilli(volume.createdMs()));
        put(fields, "mapped_bytes", bytes(volume.root().mappedBlocks()));
        return fields;
    }

    private Map<String, String> jobFields(ReclaimJob job) {
        long total = job.totalBlocks();
        Map<String, String> fields = new LinkedHashMap<>();
        put(fields, "id", job.id());
        put(fields, "kind", "reclaim");
        put(fields, "reason", job.reason());
        put(fields, "volume_id", job.volumeId());
        put(fields, "started_seq", job.startedSeq());
        put(fields, "started_at", Instant.ofEpochMilli(job.startedMs()));
        put(fields, "done_bytes", bytes(job.doneBlocks()));
        put(fields, "total_bytes", bytes(total));
        put(fields, "percent", total == 0 ? 100 : 100 * job.doneBlocks() / total);
        return fields;
    }

    private static void put(Map<String, String> fields, String key, Object value) {
        if (value != null) {
            fields.put(key, value.toString());
        }
    }

    private long bytes(long blocks) {
        return blocks * state.blockSizeBytes();
    }
}
