package dev.tidemark.engine.job;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All jobs that are not completed, oldest first. Writer thread. */
public final class JobTable {
    // Ids ascend, so insertion order is the order of ids.
    private final Map<Long, ReclaimJob> jobs = new LinkedHashMap<>();
    private long nextJobId = 1;

    /** The id that the next job gets. */
    public long nextJobId() {
        return nextJobId;
    }

    /** Adds a job with the next id, or, from a checkpoint, a greater one. */
    public void add(ReclaimJob job) {
        if (job.id() < nextJobId) {
            throw new IllegalStateException("job " + job.id() + " is out of order");
        }
        nextJobId = job.id() + 1;
        jobs.put(job.id(), job);
    }

    /** Sets the id that the next job gets, when a checkpoint's jobs were added. */
    public void restoreNextJobId(long id) {
        if (id < nextJobId) {
            throw new IllegalStateException("the next job would be " + id + " instead of " + nextJobId);
        }
        nextJobId = id;
    }

    /** Takes a job out. */
    public void remove(ReclaimJob job) {
        jobs.remove(job.id());
    }

    /** The job with that id, or null. */
    public ReclaimJob find(long id) {
        return jobs.get(id);
    }

    /** The oldest job, or null: the one that is worked on. */
    public ReclaimJob first() {
        return jobs.isEmpty() ? null : jobs.values().iterator().next();
    }

    /** How many there are. */
    public int size() {
        return jobs.size();
    }

    /** Copies of all as they are, oldest first, which do not change any more. */
    public List<ReclaimJob> copies() {
        return jobs.values().stream().map(ReclaimJob::copy).toList();
    }

    /** All, oldest first. */
    public Collection<ReclaimJob> all() {
        return Collections.unmodifiableCollection(jobs.values());
    }
}
