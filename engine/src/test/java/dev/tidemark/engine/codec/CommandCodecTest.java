package dev.tidemark.engine.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.engine.message.Commands;
import dev.tidemark.engine.message.Message;
import dev.tidemark.engine.message.Reply;
import dev.tidemark.engine.message.ReplyParser;
import dev.tidemark.proto.CommandMessage;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class CommandCodecTest {
    private static final long SEED = 20_260_103;

    @Test
    void shouldKeepEveryMessage() {
        for (int round = 0; round < 3_000; round++) {
            Message message = Commands.message(new Random(SEED + round));
            assertThat(CommandCodec.decodeMessage(CommandCodec.encode(message)))
                    .as("seed %d", SEED + round)
                    .isEqualTo(message);
        }
    }

    @Test
    void shouldKeepReplies() {
        for (String text : new String[] {
            "ok id=1 name=disk seq=5",
            "ok seq=5\nok id=2 seq=5 job=1",
            "ok seq=5 rows=2\nid=1 name=a\nid=2 name=b label.x=\"a b\"",
            "error code=busy command=2 volume=disk connections=1 text=\"1 client has disk open\"",
        }) {
            Reply reply = ReplyParser.parse(text);
            assertThat(CommandCodec.decodeReply(CommandCodec.encode(reply))).isEqualTo(reply);
            assertThat(reply).hasToString(text);
        }
    }

    @Test
    void shouldRefuseWhatTheGrammarRefuses() {
        CommandMessage.Builder message = CommandMessage.newBuilder();
        message.addCommandsBuilder().getCreateOriginBuilder().setName("disk").setSizeBytes(1000);
        assertThat(CommandCodec.decodeMessage(message.build().toByteArray()))
                .asString()
                .startsWith("error code=bad-size text=\"a volume's size is a multiple of 512 bytes");
        assertThat(CommandCodec.decodeMessage(new byte[0])).asString().contains("the message is empty");
    }

    @Test
    void shouldTellDamageFromNewer() {
        CommandMessage.Builder empty = CommandMessage.newBuilder();
        empty.addCommandsBuilder().setRequest("r");
        assertThatThrownBy(() -> CommandCodec.decodeMessage(empty.build().toByteArray()))
                .isInstanceOf(MalformedException.class);
        // Field 100, which does not exist.
        byte[] newer = {(byte) 0xa0, 0x06, 0x01};
        assertThatThrownBy(() -> CommandCodec.decodeMessage(newer)).isInstanceOf(TooNewException.class);
        assertThatThrownBy(() -> CommandCodec.decodeReply(newer)).isInstanceOf(TooNewException.class);
        assertThatThrownBy(() -> CommandCodec.decodeReply(new byte[] {0x0a, 0x7f}))
                .isInstanceOf(MalformedException.class);
    }
}
