package dev.tidemark.engine.state;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What messages do, as conversations. See {@link Conversation} for the words that begin with an exclamation mark. */
@Tag("quick")
class MessagesTest {
    private static void check(String script) {
        Conversation.check(script);
    }

    @Test
    void shouldTellOriginsAndSnapshotsApart() {
        check("""
                > create disk size=16K
                ok id=1 name=disk seq=1
                > create snap origin=disk
                ok id=2 name=snap seq=2
                > clone copy source=snap readonly=true
                ok id=3 name=copy seq=3
                > create x origin=snap
                error code=wrong-kind volume=snap kind=snapshot text="snap is a snapshot; for a snapshot of a
                    snapshot
                    write: clone x source=snap"
                > clone x source=#1
                error code=wrong-kind volume=disk kind=origin text="disk is an origin; for a snapshot of an origin
                    write: create x origin=#1"
                > create snap size=1G
                error code=name-taken volume=snap id=2 text="volume #2 has the name snap: take another one, or
                    rename that volume"
                > clone x source=nobody
                error code=no-such-volume volume=nobody text="there is no volume nobody (list shows all that exist)"
                > list
                ok seq=3 rows=3 durable_seq=3
                id=1 name=disk kind=origin size=16384 readonly=false created_seq=1
                    created_at=2026-01-01T00:00:00Z mapped_bytes=0
                id=2 name=snap kind=snapshot size=16384 readonly=false source_id=1 origin_id=1 created_seq=2
                    created_at=2026-01-01T00:00:01Z mapped_bytes=0
                id=3 name=copy kind=snapshot size=16384 readonly=true source_id=2 origin_id=1 created_seq=3
                    created_at=2026-01-01T00:00:02Z mapped_bytes=0""");
    }

    @Test
    void shouldKeepSnapshotsIndependent() {
        check("""
                > create disk size=16K
                ok id=1 name=disk seq=1
                > !write disk 0 3
                > create s1 origin=disk
                ok id=2 name=s1 seq=3
                > !write disk 1 1
                > clone s2 source=s1
                ok id=3 name=s2 seq=5
                > !write s2 3 1
                > !read disk
                A B A .
                > !read s1
                A A A .
                > !read s2
                A A A C
                > delete disk
                ok id=1 seq=7 job=1
                > delete s1
                ok id=2 seq=8 job=2
                > !read s2
                A A A C
                > !used
                5
                > !work
                > !used
                4
                > jobs
                ok seq=10 rows=2 durable_seq=10
                id=1 kind=reclaim reason=delete volume_id=1 started_seq=7 started_at=2026-01-01T00:00:06Z
                    done_bytes=12288
                    total_bytes=12288 percent=100
                id=2 kind=reclaim reason=delete volume_id=2 started_seq=8 started_at=2026-01-01T00:00:07Z
                    done_bytes=12288
                    total_bytes=12288 percent=100
                > !work
                > jobs
                ok seq=12 rows=0 durable_seq=12
                > delete #1
                error code=no-such-volume volume=#1 text="volume #1, last named disk, was deleted at seq 7"
                > create disk size=4K
                ok id=4 name=disk seq=13""");
    }

    @Test
    void shouldMergeContentAndSize() {
        check("""
                > create disk size=8K
                ok id=1 name=disk seq=1
                > !write disk 0 2
                > create s1 origin=disk
                ok id=2 name=s1 seq=3
                > resize s1 size=16K
                ok id=2 seq=4
                > !write s1 3 1
                > !write disk 0 1
                > merge s1
                ok id=2 into=1 seq=7 job=1
                > !read disk
                A A . B
                > status disk
                ok seq=7 rows=2 durable_seq=7
                row=volume id=1 name=disk kind=origin size=16384 readonly=false created_seq=1
                    created_at=2026-01-01T00:00:00Z
                    mapped_bytes=12288
                row=job id=1 kind=reclaim reason=merge volume_id=1 started_seq=7
                    started_at=2026-01-01T00:00:06Z done_bytes=0
                    total_bytes=8192 percent=0
                > !used
                4
                > !work
                > !used
                3
                > status id:2
                error code=no-such-volume volume=#2 text="volume #2, last named s1, was merged into #1 at seq
                    7\"""");
    }

    @Test
    void shouldMergeOnlyWhereItMakesSense() {
        check("""
                > create disk size=8K; create other size=8K; create s1 origin=disk; clone s2 source=s1; clone
                    s3 source=s2
                ok id=1 name=disk seq=1
                ok id=2 name=other seq=1
                ok id=3 name=s1 seq=1
                ok id=4 name=s2 seq=1
                ok id=5 name=s3 seq=1
                > merge disk into=s1
                error code=wrong-kind volume=disk kind=origin text="disk is an origin: merge takes a snapshot,
                    whose content
                    goes into a volume"
                > merge s1 into=s1
                error code=bad-message text="s1 can't be merged into itself: name another volume with into="
                > merge s1 into=other
                error code=wrong-kind volume=other origin_id=2 snapshot_origin_id=1 text="other is not of the
                    family of s1:
                    they have no ancestor in common, so name a volume that has with into="
                > set disk readonly=true
                ok id=1 seq=2
                > merge s1
                error code=read-only volume=disk text="disk is read-only and takes no snapshot's content: first
                    set disk
                    readonly=false"
                > set disk readonly=false
                ok id=1 seq=3
                > delete s2
                ok id=4 seq=4 job=1
                > merge s3
                error code=no-such-volume volume=#4 text="the volume that s3 was taken from, #4, is gone: name
                    the volume that
                    takes its content with into="
                > merge s3 into=s1
                ok id=5 into=3 seq=5 job=2
                > delete disk
                ok id=1 seq=6 job=3
                > merge s1 into=other
                error code=wrong-kind volume=other origin_id=2 snapshot_origin_id=1 text="other is not of the
                    family of s1:
                    they have no ancestor in common, so name a volume that has with into=\"""");
    }

    @Test
    void shouldWaitForClientsUnlessForced() {
        check("""
                > create disk size=8K; create s1 origin=disk
                ok id=1 name=disk seq=1
                ok id=2 name=s1 seq=1
                > !open disk 1
                > delete disk
                error code=busy volume=disk connections=1 text="1 client has disk open: close, or delete with
                    force=true"
                > merge s1
                error code=busy volume=disk connections=1 text="1 client has disk open: close, or merge with
                    force=true"
                > !open s1 2
                > merge s1
                error code=busy volume=s1 connections=2 text="2 clients have s1 open: close, or merge with
                    force=true"
                > merge s1 force=true
                ok id=2 into=1 seq=2 job=1
                (closes [2, 1])
                > resize disk size=4K shrink=true; rename disk to=d; label d a=b; set d readonly=true
                ok id=1 seq=3
                ok id=1 seq=3
                ok id=1 seq=3
                ok id=1 seq=3
                > delete d force=true
                ok id=1 seq=4 job=2
                (closes [1])""");
    }

    @Test
    void shouldShrinkOnlyWithLeaveAndLeaveNothingBehind() {
        check("""
                > create disk size=16K
                ok id=1 name=disk seq=1
                > !write disk 0 4
                > resize disk size=8K
                error code=bad-size volume=disk size=16384 text="disk has 16K: a smaller size cuts off what
                    lies beyond, so it
                    needs shrink=true"
                > resize disk size=5K shrink=true
                ok id=1 seq=3
                > !read disk
                A A:1024
                > resize disk size=16K
                ok id=1 seq=4
                > !read disk
                A A:1024 . .
                > !work
                > !used
                2
                > resize disk size=4K shrink=true
                ok id=1 seq=6
                > resize disk size=8K; resize disk size=8K
                ok id=1 seq=7
                ok id=1 seq=7
                > !read disk
                A .
                > set disk readonly=true
                ok id=1 seq=8
                > resize disk size=16K
                error code=read-only volume=disk text="disk is read-only and keeps its size: first set disk
                    readonly=false\"""");
    }

    @Test
    void shouldDecideEachCommandOnWhatThoseBeforeItMade() {
        check("""
                > create disk size=8K
                ok id=1 name=disk seq=1
                > !write disk 0 2
                > create s1 origin=disk
                ok id=2 name=s1 seq=3
                > !write disk 0 2
                > create before origin=disk; merge s1
                ok id=3 name=before seq=5
                ok id=2 into=1 seq=5 job=1
                > !read before
                B B
                > !read disk
                A A
                > delete disk; create disk size=4K; create s2 origin=disk; rename s2 to=s3; create s2 origin=disk
                ok id=1 seq=6 job=2
                ok id=4 name=disk seq=6
                ok id=5 name=s2 seq=6
                ok id=5 seq=6
                ok id=6 name=s2 seq=6
                > delete s2; delete s2
                error code=no-such-volume command=2 volume=s2 text="there is no volume s2 (list shows all that
                    exist)"
                > create s4 origin=disk; clone s4 source=s3
                error code=name-taken command=2 volume=s4 id=7 text="volume #7 has the name s4: take another
                    one, or rename
                    that volume"
                > status s4
                error code=no-such-volume volume=s4 text="there is no volume s4 (list shows all that exist)\"""");
    }

    /** The bytes beyond a cut stay zeros whatever else the same message does with the volume. */
    @Test
    void shouldCutTheSameBlockMoreThanOnceInOneMessage() {
        check("""
                > create disk size=8K
                ok id=1 name=disk seq=1
                > !write disk 0 2
                > resize disk size=4608 shrink=true; resize disk size=8K; create s1 origin=disk; resize disk
                    size=5K shrink=true
                ok id=1 seq=3
                ok id=1 seq=3
                ok id=2 name=s1 seq=3
                ok id=1 seq=3
                > !read disk
                A A:512
                > !read s1
                A A:512
                > create s2 origin=disk; resize s2 size=512 shrink=true; merge s2; resize disk size=8K
                ok id=3 name=s2 seq=4
                ok id=3 seq=4
                ok id=3 into=1 seq=4 job=3
                ok id=1 seq=4
                > !read disk
                A:512 .
                > !read s1
                A A:512""");
    }

    @Test
    void shouldAnswerTheSameRequestOnce() {
        check("""
                > create disk size=8K request=r1
                ok id=1 name=disk seq=1
                > create disk size=8192 request=r1
                ok id=1 name=disk seq=1
                > create disk size=16K request=r1
                error code=bad-message text="the request id r1 was used before, for another message: take a new id"
                > create disk size=8K request=r2
                error code=name-taken volume=disk id=1 text="volume #1 has the name disk: take another one, or
                    rename that volume"
                > delete disk; create disk size=8K request="r 2"
                ok id=1 seq=2 job=1
                ok id=2 name=disk seq=2
                > delete disk request="r 2"; create disk size=8K
                error code=bad-message text="the request id r 2 was used before, for another message: take a new id"
                > delete disk; create disk size=8K request="r 2"
                ok id=1 seq=2 job=1
                ok id=2 name=disk seq=2
                > flush request=f
                ok seq=3
                > set disk readonly=true
                ok id=2 seq=4
                > flush request=f
                ok seq=3
                > flush
                ok seq=4
                > set disk readonly=false; checkpoint
                ok id=2 seq=5
                ok seq=5
                (takes a checkpoint)""");
    }

    @Test
    void shouldRefuseWhatWasDecidedOnAnOlderCatalogue() {
        check("""
                > create disk size=8K if=0
                ok id=1 name=disk seq=1
                > !write disk 0 1
                > delete disk if=0
                error code=changed seq=2 changed_seq=1 text="the catalogue has changed at seq 1, after 0: look
                    again (list),
                    then send it with if=2"
                > label disk a=b if=1
                ok id=1 seq=3
                > flush; label disk a=c if=2
                error code=changed command=2 seq=3 changed_seq=3 text="the catalogue has changed at seq 3,
                    after 2: look again
                    (list), then send it with if=3"
                > list if=2
                error code=changed seq=3 changed_seq=3 text="the catalogue has changed at seq 3, after 2: look
                    again (list),
                    then send it with if=3\"""");
    }

    @Test
    void shouldLabelAndRename() {
        check("""
                > create disk size=8K; create other size=512
                ok id=1 name=disk seq=1
                ok id=2 name=other seq=1
                > label disk owner="A. B." tier=1; label disk tier= note="x; \\"y\\""
                ok id=1 seq=2
                ok id=1 seq=2
                > status disk
                ok seq=2 rows=1 durable_seq=2
                row=volume id=1 name=disk kind=origin size=8192 readonly=false created_seq=1
                    created_at=2026-01-01T00:00:00Z
                    mapped_bytes=0 label.note="x; \\"y\\"" label.owner="A. B."
                > rename disk to=other
                error code=name-taken volume=other id=2 text="volume #2 has the name other: take another one,
                    or rename that
                    volume"
                > rename disk to=disk
                ok id=1 seq=3
                > rename disk to=tmp; rename other to=disk; rename tmp to=other
                ok id=1 seq=4
                ok id=2 seq=4
                ok id=1 seq=4
                > status other
                ok seq=4 rows=1 durable_seq=4
                row=volume id=1 name=other kind=origin size=8192 readonly=false created_seq=1
                    created_at=2026-01-01T00:00:00Z
                    mapped_bytes=0 label.note="x; \\"y\\"" label.owner="A. B."
                > status
                ok seq=4 rows=1 durable_seq=4
                row=store block_size=4096 volumes=2 origins=2 snapshots=0 gone=0 jobs=0 requests=0 used_bytes=0
                    page_bytes=…
                    catalogue_seq=4 capacity=64G""");
    }

    @Test
    void shouldBoundTheLabelsOfAVolume() {
        StringBuilder sixty = new StringBuilder("label disk");
        for (int i = 0; i < 60; i++) {
            sixty.append(" k").append(i).append("=v");
        }
        check("> create disk size=8K\nok id=1 name=disk seq=1\n> " + sixty + """

                ok id=1 seq=2
                > label disk a=1 b=2 c=3 d=4 e=5
                error code=bad-message text="disk would have 65 labels, more than 64: remove some with KEY="
                > label disk a=1 b=2 c=3 d=4 e=5 k0=
                ok id=1 seq=3""");
    }
}
