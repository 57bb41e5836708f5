package org.ryzanstein.api.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.ryzanstein.api.provider.ProviderReport.Entry;
import org.ryzanstein.api.provider.ProviderReport.Status;

class SelectionTest {
    private static final int VERSION = 3;

    private interface Fake extends Provider {
        Probe probe();
    }

    private record Simple(String name, int spiVersion, Probe probe) implements Fake {}

    private record Found(Supplier<Fake> supplier) implements ServiceLoader.Provider<Fake> {
        @Override
        public Class<? extends Fake> type() {
            return Simple.class;
        }

        @Override
        public Fake get() {
            return supplier.get();
        }
    }

    private static ServiceLoader.Provider<Fake> available(String name, int score) {
        return new Found(() -> new Simple(name, VERSION, new Probe.Available(score, "detail of " + name)));
    }

    private static ServiceLoader.Provider<Fake> unavailable(String name, String reason) {
        return new Found(() -> new Simple(name, VERSION, new Probe.Unavailable(reason)));
    }

    private static ServiceLoader.Provider<Fake> throwing(Supplier<? extends Throwable> failure) {
        return new Found(() -> {
            throw sneaky(failure.get());
        });
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T extends Throwable> RuntimeException sneaky(Throwable t) throws T {
        throw (T) t;
    }

    @SafeVarargs
    private static Selection<Fake> choose(String forced, ServiceLoader.Provider<Fake>... found) {
        List<ServiceLoader.Provider<Fake>> all = new ArrayList<>();
        for (ServiceLoader.Provider<Fake> provider : found) {
            all.add(provider);
        }
        return choose(forced, all.iterator());
    }

    private static Selection<Fake> choose(String forced, Iterator<ServiceLoader.Provider<Fake>> found) {
        return Selection.choose(
                ProviderReport.Kind.KERNEL,
                found,
                VERSION,
                Fake::probe,
                forced.isEmpty() ? Optional.empty() : Optional.of(forced));
    }

    private static Entry entry(ProviderReport report, String name) {
        return report.entries().stream()
                .filter(e -> e.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void choosesTheBestScore() {
        Selection<Fake> selection = choose("", available("low", 10), available("high", 30), available("middle", 20));
        assertThat(selection.provider().name()).isEqualTo("high");
        assertThat(selection.report().chosen()).contains("high");
        assertThat(selection.report().entries()).extracting(Entry::name).containsExactly("high", "middle", "low");
        assertThat(selection.report().entries())
                .extracting(Entry::status)
                .containsExactly(Status.CHOSEN, Status.AVAILABLE, Status.AVAILABLE);
    }

    @Test
    void reportsWhetherARefusalCanBeMended() {
        ServiceLoader.Provider<Fake> kept =
                new Found(() -> new Simple("kept", VERSION, new Probe.Unavailable("another option", true)));

        ProviderReport report = choose("", available("scalar", 10), unavailable("gpu", "no GPU"), kept)
                .report();

        assertThat(entry(report, "kept").mendable()).isTrue();
        assertThat(entry(report, "gpu").mendable()).isFalse();
        assertThat(entry(report, "scalar").mendable()).isFalse();
    }

    @Test
    void breaksTiesByName() {
        assertThat(choose("", available("b", 10), available("a", 10), available("c", 10))
                        .provider()
                        .name())
                .isEqualTo("a");
    }

    @Test
    void obeysAForcedNameOverABetterScore() {
        Selection<Fake> selection = choose("low", available("low", 10), available("high", 30));
        assertThat(selection.provider().name()).isEqualTo("low");
        assertThat(entry(selection.report(), "high").status()).isEqualTo(Status.AVAILABLE);
    }

    @Test
    void refusesAForcedProviderThatIsUnavailableWithItsReason() {
        assertThatThrownBy(() -> choose("gpu", available("scalar", 10), unavailable("gpu", "no driver")))
                .isInstanceOf(ProviderUnavailableException.class)
                .hasMessageContaining("'gpu' was forced but is not available: no driver")
                .hasMessageContaining("scalar: available, score 10");
    }

    @Test
    void refusesAForcedNameThatNobodyHas() {
        assertThatThrownBy(() -> choose("avx3", available("scalar", 10)))
                .isInstanceOf(ProviderUnavailableException.class)
                .hasMessageContaining("no provider of that name was found");
    }

    @Test
    void saysWhyEachOneIsUnavailableWhenNoneIsLeft() {
        ProviderUnavailableException e = catchThrowableOfType(
                ProviderUnavailableException.class,
                () -> choose("", unavailable("a", "too old"), unavailable("b", "too new")));
        assertThat(e).hasMessageContaining("no kernel backend is available");
        assertThat(e).hasMessageContaining("too old").hasMessageContaining("too new");
        assertThat(e.report().chosen()).isEmpty();
        assertThat(e.report().entries()).hasSize(2);
    }

    @Test
    void namesCommunicatorsWhenItIsAboutThem() {
        assertThatThrownBy(() -> Selection.choose(
                        ProviderReport.Kind.COMMUNICATOR,
                        List.<ServiceLoader.Provider<Fake>>of().iterator(),
                        VERSION,
                        Fake::probe,
                        Optional.empty()))
                .hasMessageContaining("no communicator is available");
    }

    @Test
    void reportsProvidersThatFailToBeCreatedOrProbed() {
        ServiceLoader.Provider<Fake> throwsInProbe = new Found(() -> new Fake() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public int spiVersion() {
                return VERSION;
            }

            @Override
            public Probe probe() {
                throw new IllegalStateException("no such register", new IllegalArgumentException("cause"));
            }
        });
        Selection<Fake> selection = choose(
                "",
                throwsInProbe,
                throwing(() -> new NoClassDefFoundError("jdk/incubator/vector/Vector")),
                throwing(() -> new ServiceConfigurationError("not public")),
                available("scalar", 1));
        assertThat(selection.provider().name()).isEqualTo("scalar");
        assertThat(selection.report().entries()).hasSize(4);
        assertThat(selection.report().describe())
                .contains("no such register")
                .contains("caused by java.lang.IllegalArgumentException: cause")
                .contains("jdk/incubator/vector/Vector")
                .contains("not public")
                .contains(Simple.class.getName() + ": refused");
    }

    @Test
    @SuppressWarnings("NullAway") // a stranger's provider may return anything
    void reportsProvidersThatReturnNull() {
        Selection<Fake> selection = choose(
                "",
                new Found(() -> new Simple(null, VERSION, new Probe.Available(90, ""))),
                new Found(() -> new Simple("no probe", VERSION, null)),
                available("scalar", 1));
        assertThat(selection.provider().name()).isEqualTo("scalar");
        assertThat(selection.report().entries()).extracting(Entry::status).containsOnlyOnce(Status.CHOSEN);
        assertThat(selection.report().entries()).hasSize(3);
    }

    @Test
    void refusesProvidersOfAnotherSpiVersion() {
        ServiceLoader.Provider<Fake> old = new Found(() -> new Simple("old", VERSION - 1, new Probe.Available(90, "")));
        Selection<Fake> selection = choose("", old, available("scalar", 1));
        assertThat(selection.provider().name()).isEqualTo("scalar");
        assertThat(entry(selection.report(), "old").detail())
                .contains("SPI version 2")
                .contains("version 3")
                .contains("use a jar built for this release");
        assertThatThrownBy(() -> choose("old", old, available("scalar", 1))).hasMessageContaining("SPI version 2");
    }

    @Test
    void keepsTheFirstOfTwoProvidersOfOneName() {
        Selection<Fake> selection = choose("", available("twin", 10), available("twin", 99));
        assertThat(selection.report().entries())
                .extracting(Entry::score)
                .containsExactly(OptionalInt.of(10), OptionalInt.empty());
        assertThat(selection.report().entries().get(1).detail()).contains("another provider of this name");
    }

    @Test
    void passesOverEntriesThatServiceLoaderCannotLoad() {
        Iterator<ServiceLoader.Provider<Fake>> found = new Iterator<>() {
            private int at;

            @Override
            public boolean hasNext() {
                return at < 2;
            }

            @Override
            public ServiceLoader.Provider<Fake> next() {
                if (at >= 2) {
                    throw new NoSuchElementException();
                }
                if (at++ == 0) {
                    throw new ServiceConfigurationError("Provider x.Y not found");
                }
                return available("scalar", 5);
            }
        };
        Selection<Fake> selection = choose("", found);
        assertThat(selection.provider().name()).isEqualTo("scalar");
        assertThat(entry(selection.report(), "(not loadable)").detail()).contains("x.Y not found");
    }

    @Test
    void givesUpOnAnIteratorThatNeverMovesOn() {
        Iterator<ServiceLoader.Provider<Fake>> found = new Iterator<>() {
            @Override
            public boolean hasNext() {
                throw new ServiceConfigurationError("stuck");
            }

            @Override
            public ServiceLoader.Provider<Fake> next() {
                throw new NoSuchElementException();
            }
        };
        assertThatThrownBy(() -> choose("", found)).isInstanceOf(ProviderUnavailableException.class);
    }

    @Test
    void saysWhereAProviderComesFrom() {
        Entry own = choose("", available("own", 5)).report().entries().getFirst();
        boolean named = SelectionTest.class.getModule().isNamed();
        assertThat(own.module()).startsWith(named ? "org.ryzanstein.api" : "class path");
        assertThat(own.jar()).isNotBlank();
        ServiceLoader.Provider<Fake> ofTheJdk = new ServiceLoader.Provider<>() {
            @Override
            @SuppressWarnings("unchecked")
            public Class<? extends Fake> type() {
                return (Class<? extends Fake>) (Class<?>) String.class;
            }

            @Override
            public Fake get() {
                return new Simple("jdk", VERSION, new Probe.Available(1, ""));
            }
        };
        Entry jdk = choose("", ofTheJdk).report().entries().getFirst();
        assertThat(jdk.module()).startsWith("java.base");
        assertThat(jdk.jar()).isEqualTo("unknown");
    }

    @Test
    void describesOneProviderALine() {
        ProviderReport report = new ProviderReport(
                ProviderReport.Kind.KERNEL,
                Optional.of("a"),
                List.of(
                        new Entry("a", Status.CHOSEN, OptionalInt.of(7), "256 bit", "org.a@1", "a.jar"),
                        new Entry("b", Status.REFUSED, OptionalInt.empty(), "no GPU", "class path", "b.jar")));
        assertThat(report.describe().lines())
                .containsExactly(
                        "a: chosen, score 7, 256 bit (org.a@1, a.jar)", "b: refused, no GPU (class path, b.jar)");
    }

    @Test
    void refusesScoresThatAreNotPositive() {
        assertThatThrownBy(() -> new Probe.Available(0, "")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Probe.Available(-1, "")).hasMessageContaining("-1");
    }
}
