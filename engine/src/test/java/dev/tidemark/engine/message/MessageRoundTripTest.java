package dev.tidemark.engine.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is printed is read back to the same value; what is garbage is refused, never thrown at anybody. */
@Tag("quick")
class MessageRoundTripTest {
    private static final long SEED = 20_260_101;
    private static final int ROUNDS = 5_000;

    @Test
    void shouldReadBackEveryMessage() {
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(SEED + round);
            Message message = Commands.message(random);
            String text = message.toString();
            assertThat(MessageParser.parse(text))
                    .as("seed %d: %s", SEED + round, text)
                    .isEqualTo(message);
        }
    }

    @Test
    void shouldReadBackEveryReply() {
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(SEED + round);
            Reply reply = reply(random);
            String text = reply.toString();
            assertThat(ReplyParser.parse(text))
                    .as("seed %d: %s", SEED + round, text)
                    .isEqualTo(reply);
        }
    }

    @Test
    void shouldAnswerGarbageWithARefusalOfOneLine() {
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(SEED + round);
            StringBuilder text = new StringBuilder(Commands.message(random).toString());
            for (int i = random.nextInt(4); i >= 0; i--) {
                int at = random.nextInt(text.length());
                text.setCharAt(at, "=\" ;\\#:\u00e9\ud800\n0Aa".charAt(random.nextInt(13)));
            }
            Parsed parsed = MessageParser.parse(text.toString());
            if (parsed instanceof Refusal refusal) {
                assertThat(refusal.code()).isIn(ErrorCode.BAD_MESSAGE, ErrorCode.BAD_SIZE);
                assertThat(ReplyParser.parse(refusal.toString())).isEqualTo(new Reply.Refused(refusal));
                assertThat(refusal.toString()).doesNotContain("\n");
            } else {
                assertThat(MessageParser.parse(parsed.toString())).isEqualTo(parsed);
            }
        }
    }

    private static Reply reply(Random random) {
        if (random.nextInt(3) == 0) {
            List<ErrorCode> codes = List.of(ErrorCode.values());
            ErrorCode code = codes.get(random.nextInt(codes.size()));
            return new Reply.Refused(new Refusal(code, random.nextInt(3), fields(random), Commands.text(random)));
        }
        List<Line> lines = new ArrayList<>();
        List<Line> rows = new ArrayList<>();
        if (random.nextBoolean()) {
            int count = random.nextInt(4);
            for (int i = 0; i < count; i++) {
                Map<String, String> fields = new LinkedHashMap<>(Map.of("id", "1"));
                fields.putAll(fields(random));
                rows.add(new Line(fields));
            }
            lines.add(Line.of("seq", random.nextInt(1000), "rows", count));
        } else {
            for (int i = random.nextInt(3); i >= 0; i--) {
                lines.add(new Line(fields(random)));
            }
        }
        return new Reply.Ok(lines, rows);
    }

    private static Map<String, String> fields(Random random) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            fields.put("k" + random.nextInt(100), Commands.text(random));
        }
        return fields;
    }
}
