package org.ryzanstein.loader.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StopMatcherTest {
    @Test
    void releasesEverythingAtOnceWithoutStops() {
        StopMatcher matcher = new StopMatcher(List.of());

        assertThat(matcher.append("hello ")).isEqualTo("hello ");
        assertThat(matcher.append("")).isEmpty();
        assertThat(matcher.append("world")).isEqualTo("world");
        assertThat(matcher.flush()).isEmpty();
        assertThat(matcher.stopped()).isFalse();
    }

    @Test
    void endsTheTextBeforeAStop() {
        StopMatcher matcher = new StopMatcher(List.of("END"));

        assertThat(matcher.append("one two END three")).isEqualTo("one two ");
        assertThat(matcher.stopped()).isTrue();
        assertThat(matcher.append("more")).isEmpty();
        assertThat(matcher.flush()).isEmpty();
    }

    @Test
    void findsAStopAcrossPieces() {
        StopMatcher matcher = new StopMatcher(List.of("\n\nHuman:"));

        assertThat(matcher.append("Hi.\n")).isEqualTo("Hi.");
        assertThat(matcher.append("\nHu")).isEmpty();
        assertThat(matcher.append("ma")).isEmpty();
        assertThat(matcher.append("n: and")).isEmpty();
        assertThat(matcher.stopped()).isTrue();
    }

    @Test
    void findsAStopAtTheVeryStart() {
        StopMatcher matcher = new StopMatcher(List.of("ab"));

        assertThat(matcher.append("a")).isEmpty();
        assertThat(matcher.append("b")).isEmpty();
        assertThat(matcher.stopped()).isTrue();
    }

    @Test
    void releasesWhatTurnsOutToBeNoStop() {
        StopMatcher matcher = new StopMatcher(List.of("abcd"));

        assertThat(matcher.append("xabc")).isEqualTo("x");
        assertThat(matcher.append("abc")).isEqualTo("abc");
        assertThat(matcher.append("!")).isEqualTo("abc!");
        assertThat(matcher.append("ab")).isEmpty();
        assertThat(matcher.flush()).isEqualTo("ab");
        assertThat(matcher.stopped()).isFalse();
    }

    @Test
    void startsAfreshAfterAFlush() {
        StopMatcher matcher = new StopMatcher(List.of("abc"));
        matcher.append("ab");
        matcher.flush();

        assertThat(matcher.append("cd")).isEqualTo("cd");
        assertThat(matcher.stopped()).isFalse();
    }

    @Test
    void doesNotMissAStopInsideItsOwnRepetition() {
        StopMatcher matcher = new StopMatcher(List.of("aab"));

        assertThat(matcher.append("aa")).isEmpty();
        assertThat(matcher.append("a")).isEqualTo("a");
        assertThat(matcher.append("b")).isEmpty();
        assertThat(matcher.stopped()).isTrue();
    }

    @Test
    void takesTheStopThatIsCompleteFirstAndTheLongerOfTwo() {
        assertThat(new StopMatcher(List.of("bcde", "cd")).append("abcdef")).isEqualTo("ab");
        assertThat(new StopMatcher(List.of("cd", "bcd")).append("abcdef")).isEqualTo("a");
        assertThat(new StopMatcher(List.of("ab", "abc")).append("xabc")).isEqualTo("x");
    }

    @Test
    void neverReleasesHalfACharacter() {
        StopMatcher matcher = new StopMatcher(List.of("😀é", "日本"));

        assertThat(matcher.append("smile 😁")).isEqualTo("smile 😁");
        assertThat(matcher.append("😀")).isEmpty();
        assertThat(matcher.append("日")).isEqualTo("😀");
        assertThat(matcher.append("本語")).isEmpty();
        assertThat(matcher.stopped()).isTrue();
    }

    @Test
    void givesTheSameTextHoweverItIsCut() {
        Random random = new Random(71);
        for (int round = 0; round < 3000; round++) {
            List<String> stops = new ArrayList<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                stops.add(letters(random, 1 + random.nextInt(5)));
            }
            String text = letters(random, random.nextInt(30));
            StopMatcher matcher = new StopMatcher(stops);
            StringBuilder released = new StringBuilder();
            int fed = 0;
            while (fed < text.length()) {
                int end = Math.min(text.length(), fed + random.nextInt(6));
                released.append(matcher.append(text.substring(fed, end)));
                fed = end;
                if (!matcher.stopped()) {
                    String held = text.substring(released.length(), fed);
                    assertThat(held.isEmpty() || stops.stream().anyMatch(stop -> stop.startsWith(held)))
                            .as("'%s' held back for %s", held, stops)
                            .isTrue();
                }
            }
            released.append(matcher.flush());
            int expected = naiveEnd(text, stops);
            assertThat(matcher.stopped()).isEqualTo(expected >= 0);
            assertThat(released.toString()).isEqualTo(expected >= 0 ? text.substring(0, expected) : text);
        }
    }

    private static String letters(Random random, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) ('a' + random.nextInt(3)));
        }
        return text.toString();
    }

    /** Where the first complete stop begins, or -1. */
    private static int naiveEnd(String text, List<String> stops) {
        for (int end = 1; end <= text.length(); end++) {
            List<Integer> starts = new ArrayList<>();
            for (String stop : stops) {
                if (text.substring(0, end).endsWith(stop)) {
                    starts.add(end - stop.length());
                }
            }
            if (!starts.isEmpty()) {
                return Collections.min(starts);
            }
        }
        return -1;
    }

    @Test
    void refusesStopsThatCannotBeMatchedSafely() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new StopMatcher(List.of("a", "")))
                .withMessage("stop[1] must have 1 to 4096 UTF-16 units, found 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new StopMatcher(List.of("x".repeat(4097))))
                .withMessage("stop[0] must have 1 to 4096 UTF-16 units, found 4097");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new StopMatcher(Collections.nCopies(65, "x")))
                .withMessage("stop: at most 64 strings, found 65");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new StopMatcher(List.of("\ud83d")))
                .withMessage("stop[0] holds half a surrogate pair");
    }
}
