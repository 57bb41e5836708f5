package org.ryzanstein.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class NoticesTest {
    private static final Pattern VERSIONED_JAR = Pattern.compile("(.+?)-\\d[^/]*\\.jar");
    private static final Pattern NAMED_JAR = Pattern.compile("`([a-z0-9.-]+)`");

    @Test
    void nameExactlyTheLibrariesOfTheDistribution() throws IOException {
        List<String> distributed;
        try (Stream<Path> files = Files.list(Distribution.lib())) {
            distributed = files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("ryzanstein-"))
                    .map(NoticesTest::withoutVersion)
                    .sorted()
                    .toList();
        }
        String notices = Files.readString(Distribution.root().resolve("THIRD-PARTY-NOTICES.md"));
        String table = notices.substring(notices.indexOf("| jars |"), notices.indexOf("The jars are unchanged"));
        TreeSet<String> named = new TreeSet<>();
        for (Matcher matcher = NAMED_JAR.matcher(table); matcher.find(); ) {
            named.add(matcher.group(1));
        }
        assertThat(named).containsExactlyElementsOf(distributed);
    }

    private static String withoutVersion(String jar) {
        Matcher matcher = VERSIONED_JAR.matcher(jar);
        assertThat(matcher.matches()).as("%s is a jar with a version", jar).isTrue();
        return matcher.group(1);
    }
}
