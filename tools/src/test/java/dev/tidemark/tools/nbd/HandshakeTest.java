package dev.tidemark.tools.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every option of the handshake, well-formed and not. */
@Tag("quick")
@Timeout(60)
class HandshakeTest {
    private ServerFixture fixture;
    private TestClient client;

    @BeforeEach
    void open() throws Exception {
        fixture = new ServerFixture();
        client = new TestClient(fixture.address);
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        fixture.close();
    }

    private List<TestClient.OptionReply> ask(int option, byte... data) throws Exception {
        client.option(option, data);
        return client.replies(option);
    }

    private int last(int option, byte... data) throws Exception {
        List<TestClient.OptionReply> replies = ask(option, data);
        return replies.get(replies.size() - 1).type();
    }

    @Test
    void shouldListExportsAndSeeThemComeAndGo() throws Exception {
        client.greet(3);
        assertThat(listed()).containsExactly("disk");
        fixture.exports.add(new MemoryVolume(2, "more", 1 << 20, Runnable::run));
        assertThat(listed()).containsExactly("disk", "more");
        fixture.exports.remove("disk");
        assertThat(listed()).containsExactly("more");
    }

    private List<String> listed() throws Exception {
        List<TestClient.OptionReply> replies = ask(NbdProtocol.OPT_LIST);
        assertThat(replies.get(replies.size() - 1).type()).isEqualTo(NbdProtocol.REP_ACK);
        return replies.stream()
                .filter(reply -> reply.type() == NbdProtocol.REP_SERVER)
                .map(reply -> {
                    int length = reply.buffer().getInt();
                    return new String(reply.data(), 4, length, StandardCharsets.UTF_8);
                })
                .toList();
    }

    @Test
    void shouldTellEverythingAboutAnExport() throws Exception {
        client.greet(3);
        client.negotiateStructured();
        byte[] question = TestClient.info(
                "id:1",
                NbdProtocol.INFO_NAME,
                NbdProtocol.INFO_DESCRIPTION,
                NbdProtocol.INFO_BLOCK_SIZE,
                NbdProtocol.INFO_BLOCK_SIZE,
                99);
        List<TestClient.OptionReply> replies = ask(NbdProtocol.OPT_INFO, question);
        assertThat(replies).hasSize(5);
        ByteBuffer export = replies.get(0).buffer();
        assertThat(export.getShort()).isEqualTo((short) NbdProtocol.INFO_EXPORT);
        assertThat(export.getLong()).isEqualTo(ServerFixture.SIZE);
        assertThat(export.getShort() & 0xFFFF).isEqualTo(0b1101_1110_1101);
        assertThat(replies.get(1).text()).isEqualTo("\0\1disk");
        assertThat(replies.get(2).text()).isEqualTo("\0\2Tidemark volume 1");
        ByteBuffer sizes = replies.get(3).buffer();
        assertThat(sizes.getShort()).isEqualTo((short) NbdProtocol.INFO_BLOCK_SIZE);
        assertThat(sizes.getInt()).isEqualTo(1);
        assertThat(sizes.getInt()).isEqualTo(4096);
        assertThat(sizes.getInt()).isEqualTo(32 << 20);
        // INFO does not begin the transmission, nor open the volume.
        assertThat(fixture.volume.attachments).hasValue(0);
        assertThat(last(NbdProtocol.OPT_GO, TestClient.info(""))).isEqualTo(NbdProtocol.REP_ACK);
        assertThat(fixture.volume.attachments).hasValue(1);
    }

    @Test
    void shouldMarkReadOnlyExports() throws Exception {
        fixture.volume.readOnly = true;
        client.greet(3);
        client.go("disk");
        assertThat(client.transmissionFlags).isEqualTo(0b0101_0000_1111);
    }

    @Test
    void shouldRefuseAnUnknownExportAndGoOn() throws Exception {
        client.greet(3);
        List<TestClient.OptionReply> replies = ask(NbdProtocol.OPT_GO, TestClient.info("nothing"));
        assertThat(replies).hasSize(1);
        assertThat(replies.get(0).type()).isEqualTo(NbdProtocol.REP_ERR_UNKNOWN);
        assertThat(replies.get(0).text()).isEqualTo("no volume nothing");
        client.go("disk");
    }

    @Test
    void shouldRefuseTheEmptyNameWhenThereIsMoreThanOneOrigin() throws Exception {
        fixture.exports.add(new MemoryVolume(2, "more", 1 << 20, Runnable::run));
        client.greet(3);
        List<TestClient.OptionReply> replies = ask(NbdProtocol.OPT_GO, TestClient.info(""));
        assertThat(replies.get(0).type()).isEqualTo(NbdProtocol.REP_ERR_UNKNOWN);
        assertThat(replies.get(0).text()).contains("2 origins");
    }

    @Test
    void shouldServeTheOldExportNameWithAndWithoutZeroes() throws Exception {
        client.greet(1);
        client.option(NbdProtocol.OPT_EXPORT_NAME, "disk".getBytes(StandardCharsets.UTF_8));
        ByteBuffer answer = client.receive(10 + 124);
        assertThat(answer.getLong()).isEqualTo(ServerFixture.SIZE);
        assertThat(answer.getShort() & 0xFFFF).isEqualTo(0b1101_0110_1101);
        assertThat(client.call(0, NbdProtocol.CMD_FLUSH, 0, 0).errno()).isZero();
        try (TestClient other = new TestClient(fixture.address)) {
            // Not even fixed newstyle: this is the one option that may come.
            other.greet(2);
            other.option(NbdProtocol.OPT_EXPORT_NAME, new byte[0]);
            other.receive(10);
            assertThat(other.call(0, NbdProtocol.CMD_FLUSH, 0, 0).errno()).isZero();
        }
    }

    @Test
    void shouldCloseAfterAnUnknownExportName() throws Exception {
        client.greet(3);
        client.option(NbdProtocol.OPT_EXPORT_NAME, new byte[] {'x'});
        assertThat(client.isClosedByServer()).isTrue();
    }

    @Test
    void shouldRefuseWhatItDoesNotKnow() throws Exception {
        client.greet(3);
        assertThat(last(4)).isEqualTo(NbdProtocol.REP_ERR_UNSUP);
        assertThat(last(4711, (byte) 1, (byte) 2)).isEqualTo(NbdProtocol.REP_ERR_UNSUP);
        assertThat(last(NbdProtocol.OPT_STARTTLS)).isEqualTo(NbdProtocol.REP_ERR_POLICY);
        assertThat(last(NbdProtocol.OPT_LIST, (byte) 0)).isEqualTo(NbdProtocol.REP_ERR_INVALID);
        assertThat(last(NbdProtocol.OPT_STRUCTURED_REPLY, (byte) 0)).isEqualTo(NbdProtocol.REP_ERR_INVALID);
        assertThat(last(NbdProtocol.OPT_GO)).isEqualTo(NbdProtocol.REP_ERR_INVALID);
        assertThat(last(NbdProtocol.OPT_GO, new byte[5])).isEqualTo(NbdProtocol.REP_ERR_INVALID);
        assertThat(last(NbdProtocol.OPT_GO, new byte[7])).isEqualTo(NbdProtocol.REP_ERR_INVALID);
        assertThat(last(NbdProtocol.OPT_GO, (byte) -1, (byte) -1, (byte) -1, (byte) -1, (byte) 0, (byte) 0))
                .isEqualTo(NbdProtocol.REP_ERR_INVALID);
        assertThat(last(NbdProtocol.OPT_ABORT)).isEqualTo(NbdProtocol.REP_ACK);
        assertThat(client.isClosedByServer()).isTrue();
    }

    @Test
    void shouldOfferAndSelectTheAllocationContext() throws Exception {
        client.greet(3);
        int list = NbdProtocol.OPT_LIST_META_CONTEXT;
        int set = NbdProtocol.OPT_SET_META_CONTEXT;
        assertThat(last(list, TestClient.metaContext("disk"))).isEqualTo(NbdProtocol.REP_ERR_INVALID);
        client.negotiateStructured();
        assertThat(ask(list, TestClient.metaContext("disk"))).hasSize(2);
        assertThat(ask(list, TestClient.metaContext("disk", "base:"))).hasSize(2);
        assertThat(ask(list, TestClient.metaContext("disk", "qemu:dirty-bitmap:x", "nbdkit:")))
                .hasSize(1);
        assertThat(ask(set, TestClient.metaContext("disk", "base:"))).hasSize(1);
        assertThat(last(set, TestClient.metaContext("nothing", "base:allocation")))
                .isEqualTo(NbdProtocol.REP_ERR_UNKNOWN);
        List<TestClient.OptionReply> replies = ask(set, TestClient.metaContext("disk", "x", "base:allocation"));
        assertThat(replies.get(0).text()).isEqualTo("\0\0\0\1base:allocation");
        byte[] torn = TestClient.metaContext("disk", "base:allocation");
        torn[torn.length - 16] = 14;
        assertThat(last(set, torn)).isEqualTo(NbdProtocol.REP_ERR_INVALID);
    }

    @Test
    void shouldForgetTheContextWhenAnotherExportIsOpened() throws Exception {
        client.greet(3);
        client.negotiateStructured();
        ask(NbdProtocol.OPT_SET_META_CONTEXT, TestClient.metaContext("disk", "base:allocation"));
        client.go("id:1");
        assertThat(client.call(0, NbdProtocol.CMD_BLOCK_STATUS, 0, 4096).errno())
                .isEqualTo(NbdError.EINVAL);
    }

    @Test
    void shouldSkipAnOptionThatIsTooBigAndCloseOneThatIsAbsurd() throws Exception {
        client.greet(3);
        assertThat(last(NbdProtocol.OPT_INFO, new byte[Handshake.MAX_OPTION_BYTES + 1]))
                .isEqualTo(NbdProtocol.REP_ERR_TOO_BIG);
        assertThat(last(NbdProtocol.OPT_INFO, new byte[Handshake.MAX_SKIPPED_BYTES]))
                .isEqualTo(NbdProtocol.REP_ERR_TOO_BIG);
        client.optionHeader(NbdProtocol.OPT_INFO, -1);
        assertThat(client.replies(NbdProtocol.OPT_INFO).get(0).type()).isEqualTo(NbdProtocol.REP_ERR_TOO_BIG);
        assertThat(client.isClosedByServer()).isTrue();
    }

    @Test
    void shouldCloseOnBrokenMagicFlagsAndNames() throws Exception {
        client.greet(4);
        assertThat(client.isClosedByServer()).isTrue();
        try (TestClient other = new TestClient(fixture.address)) {
            other.greet(3);
            other.send(ByteBuffer.allocate(16)
                    .putLong(NbdProtocol.OPTION_MAGIC + 1)
                    .clear());
            assertThat(other.isClosedByServer()).isTrue();
        }
        try (TestClient other = new TestClient(fixture.address)) {
            other.greet(3);
            other.optionHeader(NbdProtocol.OPT_EXPORT_NAME, 4097);
            assertThat(other.isClosedByServer()).isTrue();
        }
        try (TestClient other = new TestClient(fixture.address)) {
            other.greet(0);
            other.option(NbdProtocol.OPT_LIST, new byte[0]);
            assertThat(other.isClosedByServer()).isTrue();
        }
    }
}
