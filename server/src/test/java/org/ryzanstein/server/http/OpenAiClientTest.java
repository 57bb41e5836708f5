package org.ryzanstein.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.ryzanstein.server.fake.FakeEngine;

/** An unmodified OpenAI client gets on with the server. */
class OpenAiClientTest {
    static List<String> scenarios() {
        return Arrays.stream(OpenAiScenarios.class.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()))
                .map(Method::getName)
                .sorted()
                .toList();
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void gets(String scenario) throws Exception {
        FakeEngine engine = new FakeEngine().answering("Grüße, 世界 🎉!");
        if (scenario.equals("failsAStreamThatFails")) {
            engine.failingAt(3);
        }
        try (TestServer server = TestServer.serving(engine);
                URLClassLoader loader = new URLClassLoader(jars(), null)) {
            Class<?> type = loader.loadClass(OpenAiScenarios.class.getName());
            Object scenarios = type.getConstructor(String.class)
                    .newInstance(server.server().uri().toString());
            Thread.currentThread().setContextClassLoader(loader);
            try {
                type.getMethod(scenario).invoke(scenarios);
            } catch (InvocationTargetException e) {
                throw new AssertionError(scenario + " failed", e.getCause());
            } finally {
                Thread.currentThread().setContextClassLoader(getClass().getClassLoader());
            }
        }
    }

    @Test
    void scenariosAreFound() {
        assertThat(scenarios()).hasSizeGreaterThan(8);
    }

    /** The test classes, and all libraries of class path and module path. */
    private static URL[] jars() throws Exception {
        List<Path> paths = new ArrayList<>();
        paths.add(testClasses());
        for (String property : new String[] {"java.class.path", "jdk.module.path"}) {
            for (String element : System.getProperty(property, "").split(File.pathSeparator)) {
                if (element.endsWith(".jar")
                        && !Path.of(element).getFileName().toString().startsWith("ryzanstein")) {
                    paths.add(Path.of(element));
                }
            }
        }
        URL[] urls = new URL[paths.size()];
        for (int i = 0; i < urls.length; i++) {
            assertThat(paths.get(i)).matches(Files::exists);
            urls[i] = paths.get(i).toUri().toURL();
        }
        return urls;
    }

    private static Path testClasses() throws URISyntaxException {
        URL self = Objects.requireNonNull(OpenAiScenarios.class.getResource("OpenAiScenarios.class"));
        Path root = Path.of(self.toURI());
        for (int i = 0; i < OpenAiScenarios.class.getName().split("[.]").length; i++) {
            root = Objects.requireNonNull(root.getParent());
        }
        return root;
    }
}
