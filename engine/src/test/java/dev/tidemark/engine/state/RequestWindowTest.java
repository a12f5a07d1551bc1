package dev.tidemark.engine.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("quick")
class RequestWindowTest {

    @Test
    void shouldForgetTheOldestBeyondItsNumber() {
        RequestWindow window = new RequestWindow(3, 1000);
        for (int i = 1; i <= 5; i++) {
            window.add(new RequestRecord("r" + i, i, "ok seq=" + i));
        }
        assertThat(ids(window)).containsExactly("r3", "r4", "r5");
        assertThat(window.find("r2")).isNull();
        assertThat(window.find("r3")).isEqualTo(new RequestRecord("r3", 3, "ok seq=3"));
    }

    @Test
    void shouldForgetTheOldestBeyondItsCharacters() {
        RequestWindow window = new RequestWindow(100, 30);
        window.add(new RequestRecord("a", 1, "x".repeat(9)));
        window.add(new RequestRecord("b", 2, "x".repeat(9)));
        window.add(new RequestRecord("c", 3, "x".repeat(9)));
        assertThat(ids(window)).containsExactly("a", "b", "c");
        window.add(new RequestRecord("d", 4, "x".repeat(19)));
        assertThat(ids(window)).containsExactly("c", "d");
        window.add(new RequestRecord("e", 5, "x".repeat(1000)));
        assertThat(ids(window)).as("the newest stays whatever its size").containsExactly("e");
        window.add(new RequestRecord("f", 6, "x"));
        assertThat(ids(window)).containsExactly("f");
    }

    @Test
    void shouldRememberTheLast100000() {
        RequestWindow window = new RequestWindow();
        for (int i = 0; i < RequestWindow.MAX_REQUESTS + 10; i++) {
            window.add(new RequestRecord("request-" + i, i, "ok id=1 seq=" + i));
        }
        assertThat(window.size()).isEqualTo(RequestWindow.MAX_REQUESTS);
        assertThat(window.find("request-9")).isNull();
        assertThat(window.find("request-10")).isNotNull();
    }

    @Test
    void shouldDigestTextsAsTheSchemaSays() {
        // The first bytes of SHA-256 of the empty text, as everybody knows them.
        assertThat(RequestWindow.textDigest("")).isEqualTo(0xe3b0c44298fc1c14L);
    }

    private static List<String> ids(RequestWindow window) {
        List<String> ids = new ArrayList<>();
        window.forEach(request -> ids.add(request.id()));
        return ids;
    }
}
