package dev.tidemark.engine.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.Dialogue;
import java.util.Collections;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class MessageParserTest {

    /** What is sent, and below it what it is taken for: its canonical form, or the reply that refuses it. */
    private static void check(String script) {
        Dialogue.check(script, text -> MessageParser.parse(text).toString());
    }

    @Test
    void shouldUnderstandEveryVerb() {
        check("""
                > create disk size=10G
                create disk size=10G
                > create disk size=1536M readonly=false
                create disk size=1536M
                > create disk size=1024K readonly=true
                create disk size=1M readonly=true
                > create snap origin=disk readonly=true
                create snap origin=disk readonly=true
                > clone c1 source=snap
                clone c1 source=snap
                > clone c1 source=id:7 request="two words" if=12
                clone c1 source=#7 request="two words" if=12
                > delete #3 force=true
                delete #3 force=true
                > merge snap
                merge snap
                > merge snap into=disk force=false
                merge snap into=disk
                > resize disk size=256T
                resize disk size=256T
                > resize disk size=512 shrink=true
                resize disk size=512 shrink=true
                > rename disk to=disk.2_b-c
                rename disk to=disk.2_b-c
                > label disk b=2 a="one; \\"two\\" \\\\" c=
                label disk a="one; \\"two\\" \\\\" b=2 c=""
                > set disk readonly=false
                set disk readonly=false
                > status
                status
                > status disk
                status disk
                > list
                list
                > jobs
                jobs
                > checkpoint
                checkpoint
                > flush request=f1
                flush request=f1
                >   create  before  origin=disk  ;merge s1;  flush\s
                create before origin=disk; merge s1; flush
                > label disk url=http://x/?a=b&c=d
                label disk url=http://x/?a=b&c=d""");
    }

    @Test
    void shouldSayWhatIsWrongWithWords() {
        check("""
                >\s
                error code=bad-message text="there is no command: a message is one or more commands with a
                    ; between them, such as list"
                > create a size=1G;
                error code=bad-message command=2 text="there is no command: a message is one or more
                    commands with a ; between them, such as list"
                > size=1G
                error code=bad-message text="a command begins with its verb, one of create, clone, delete,
                    merge, resize, rename, label, set, status, list, jobs, checkpoint, flush"
                > snapshot a
                error code=bad-message text="'snapshot' is no verb: use one of create, clone, delete,
                    merge, resize, rename, label, set, status, list, jobs, checkpoint, flush"
                > CREATE a size=1G
                error code=bad-message text="'CREATE' is no verb: use one of create, clone, delete, merge,
                    resize, rename, label, set, status, list, jobs, checkpoint, flush"
                > create size=1G a
                error code=bad-message text="the word 'a' stands after a KEY=VALUE: names come first, and a
                    value with spaces goes in quotes: KEY=\\"like this\\""
                > label disk note=two words
                error code=bad-message text="the word 'words' stands after a KEY=VALUE: names come first,
                    and a value with spaces goes in quotes: KEY=\\"like this\\""
                > create "disk" size=1G
                error code=bad-message text="quotes go around the value of KEY=\\"…\\" only; write names
                    without them (at position 8)"
                > label disk note="open
                error code=bad-message text="the quote is never closed: end the value with \\" (at position 17)"
                > label disk note="a"b
                error code=bad-message text="after a closing quote comes a space, a ; or the end of the
                    message (at position 20)"
                > label disk note=a"b
                error code=bad-message text="a value with \\" or \\\\ in it goes in quotes, with \\\\\\"
                    and \\\\\\\\ for these two (at position 18)"
                > label disk note="a\\nb"
                error code=bad-message text="inside quotes a \\\\ stands only before \\" or another \\\\
                    (at position 20)"
                > label disk a=1 a=2
                error code=bad-message text="a= stands twice in one command: give it once"
                > label disk =1
                error code=bad-message text="'=' does not begin with a key: write KEY=VALUE with a key of
                    letters, digits, . _ and -"
                > list\tall
                error code=bad-message text="the message has the character U+0009 at position 5: it is one
                    line of text, with spaces between its words and without control characters\"""");
    }

    @Test
    void shouldSayWhatIsWrongWithACommand() {
        check("""
                > create
                error code=bad-message text="create takes one name, not none: create NAME size=SIZE, or
                    create NAME origin=VOL"
                > create a b size=1G
                error code=bad-message text="create takes one name, not 2: create NAME size=SIZE, or create
                    NAME origin=VOL"
                > create a
                error code=bad-message text="create needs either size=SIZE, for a new origin, or
                    origin=VOL, for a snapshot of an origin"
                > create a size=1G origin=b
                error code=bad-message text="create needs either size=SIZE, for a new origin, or
                    origin=VOL, for a snapshot of an origin, not both: a snapshot takes its origin's size"
                > create a source=b
                error code=bad-message text="create takes origin=VOL for a snapshot of an origin; for a
                    snapshot of a snapshot write: clone NAME source=SNAP"
                > clone a origin=b
                error code=bad-message text="clone takes source=SNAP for a snapshot of a snapshot; for a
                    snapshot of an origin write: create NAME origin=VOL"
                > clone a source=b size=1G
                error code=bad-message text="clone takes no size=: a clone has its source's size (see resize)"
                > clone a
                error code=bad-message text="clone needs source="
                > delete a shrink=true
                error code=bad-message text="delete takes no shrink=: leave it out"
                > delete a force=yes
                error code=bad-message text="force= takes true or false, not 'yes'"
                > delete #x
                error code=bad-message text="'#x' is no volume: write its name, or #7 or id:7 for its id"
                > delete id:0
                error code=bad-message text="ids of volumes begin with 1: there is no #0"
                > delete #9223372036854775808
                error code=bad-message text="'#9223372036854775808' is no volume: write its name, or #7 or
                    id:7 for its id"
                > delete 7
                error code=bad-message text="the name '7' must begin with a letter (a-z, A-Z)"
                > create größe size=1G
                error code=bad-message text="the name 'größe' has a character that names can't have at
                    position 3: use letters, digits, . _ and -"
                > rename a to=
                error code=bad-message text="a volume's name is missing: write 1 to 128 letters, digits, .
                    _ or -"
                > label a
                error code=bad-message text="label needs at least one KEY=VALUE (an empty value removes the
                    label)"
                > set a
                error code=bad-message text="set needs readonly="
                > list all
                error code=bad-message text="list takes no name: leave out 'all'"
                > delete a if=soon
                error code=bad-message text="if= takes a seq, a whole number from 0, not 'soon'"
                > delete a request=
                error code=bad-message text="request= takes 1 to 128 characters"
                > list request=r1
                error code=bad-message text="request= is for messages that change the store: status, list
                    and jobs can be sent again anyway"
                > flush; list
                error code=bad-message command=2 text="status, list and jobs stand alone in a message: send
                    it by itself"
                > delete a request=r1; delete b request=r2
                error code=bad-message command=2 text="a message has one request= for all its commands, not
                    both 'r1' and 'r2'\"""");
    }

    @Test
    void shouldSayWhatIsWrongWithASize() {
        check("""
                > create a size=big
                error code=bad-message text="size= takes a number of bytes, or a number and one of K, M, G,
                    T (such as 10G), not 'big'"
                > create a size=10GB
                error code=bad-message text="size= takes a number of bytes, or a number and one of K, M, G,
                    T (such as 10G), not '10GB'"
                > create a size=-1
                error code=bad-message text="size= takes a number of bytes, or a number and one of K, M, G,
                    T (such as 10G), not '-1'"
                > create a size=
                error code=bad-message text="size= takes a number of bytes, or a number and one of K, M, G,
                    T (such as 10G), not ''"
                > create a size=0
                error code=bad-size text="a volume has from 512 bytes to 256T, not 0 bytes"
                > create a size=1000
                error code=bad-size text="a volume's size is a multiple of 512 bytes: 1000 is not, 512 and
                    1024 are"
                > create a size=257T
                error code=bad-size text="size=257T is larger than 256T"
                > create a size=99999999999999999999T
                error code=bad-size text="size='99999999999999999999T' is larger than 256T"
                > create a size=281474976711168
                error code=bad-size text="size=281474976711168 is larger than 256T"
                > flush; create a size=3
                error code=bad-size command=2 text="a volume has from 512 bytes to 256T, not 3 bytes\"""");
    }

    @Test
    void shouldTakeMessagesUpTo64KiBOfUtf8() {
        String text = "label disk a=" + "ä".repeat(1024);
        assertThat(MessageParser.parse(text)).isInstanceOf(Message.class);
        String spaces = " ".repeat(MessageParser.MAX_MESSAGE_BYTES - 4);
        assertThat(MessageParser.parse("list" + spaces)).isInstanceOf(Message.class);
        assertThat(MessageParser.parse("list " + spaces).toString()).contains("longer than 64 KiB: send it in parts");
        assertThat(MessageParser.parse("label disk a=" + "€".repeat(30_000)).toString())
                .contains("longer than 64 KiB: send it in parts");
        assertThat(MessageParser.parse("label disk a=\ud83d").toString()).contains("U+D83D at position 14");
        assertThat(MessageParser.parse("label disk a=\ud83d\ude00")).isInstanceOf(Message.class);
    }

    @Test
    void shouldBoundTypedMessagesToo() {
        Command flush = new Command.Flush(Options.NONE);
        assertThatThrownBy(() -> new Message(Collections.nCopies(Message.MAX_COMMANDS + 1, flush)))
                .isInstanceOf(BadCommandException.class)
                .hasMessage("the message has 8193 commands: at most 8192");
        Command label = new Command.Label(VolumeRef.parse("disk"), Map.of("a", "x".repeat(1000)), Options.NONE);
        assertThat(new Message(Collections.nCopies(120, label)).commands()).hasSize(120);
        assertThatThrownBy(() -> new Message(Collections.nCopies(140, label)))
                .isInstanceOf(BadCommandException.class)
                .hasMessage("the message is longer than 128 KiB: send it in parts");
        // The text that grows most when it is printed.
        assertThat(MessageParser.parse("label d a=; ".repeat(5_000) + "label d a="))
                .isInstanceOf(Message.class);
    }

    @Test
    void shouldBoundNamesAndLabels() {
        assertThat(MessageParser.parse("delete " + "a".repeat(128))).isInstanceOf(Message.class);
        assertThat(MessageParser.parse("delete " + "a".repeat(129)).toString())
                .contains("the name has 129 characters: at most 128");
        assertThat(MessageParser.parse("label d a=" + "x".repeat(1025)).toString())
                .contains("at most 1024");
        StringBuilder labels = new StringBuilder("label d");
        for (int i = 0; i < 65; i++) {
            labels.append(" k").append(i).append("=v");
        }
        assertThat(MessageParser.parse(labels.toString()).toString()).contains("a volume has at most 64 labels");
    }
}
