package org.ryzanstein.systemtest;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The layering of docs/architecture.md, and habits that the code keeps. */
class ArchitectureTest {
    private static final String[] AVX = {"org.ryzanstein.backend.avx2..", "org.ryzanstein.backend.avx512.."};

    /** The readers of tokenizer.json, which is a format of its own. */
    private static final String TOKENIZER_JSON =
            "org\\.ryzanstein\\.loader\\.tokenizer\\.(TokenizerJson|JsonField|HubTokenizerReader)(\\$.*)?";

    @SuppressWarnings("NullAway.Init") // Set before all tests.
    private static JavaClasses code;

    @BeforeAll
    static void importCode() throws IOException {
        List<JarFile> jars = new ArrayList<>();
        for (Path jar : Distribution.ownJars()) {
            jars.add(new JarFile(jar.toFile()));
        }
        code = new ClassFileImporter().importJars(jars);
        for (JarFile jar : jars) {
            jar.close();
        }
    }

    @Test
    void apiDependsOnTheJdkAndJspecifyAlone() {
        classes()
                .that()
                .resideInAPackage("org.ryzanstein.api..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "org.jspecify..", "org.ryzanstein.api..")
                .check(code);
    }

    @ParameterizedTest
    @ValueSource(strings = {"backend.cpu", "backend.cuda", "comm.tcp", "comm.nccl"})
    void aProviderDependsOnApiAlone(String module) {
        String own = "org.ryzanstein." + module + "..";
        classes()
                .that()
                .resideInAPackage(own)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..", "javax.crypto..", "javax.net.ssl..", "org.jspecify..", "org.ryzanstein.api..", own)
                .check(code);
    }

    @ParameterizedTest
    @ValueSource(strings = {"backend.scalar", "backend.avx2", "backend.avx512"})
    void aCpuBackendDependsOnApiAndTheirCommonPartAlone(String module) {
        String own = "org.ryzanstein." + module + "..";
        classes()
                .that()
                .resideInAPackage(own)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "jdk.incubator.vector..",
                        "org.jspecify..",
                        "org.ryzanstein.api..",
                        "org.ryzanstein.backend.cpu..",
                        own)
                .check(code);
    }

    @Test
    void loaderKnowsNeitherTheServerNorAnyProvider() {
        classes()
                .that()
                .resideInAPackage("org.ryzanstein.loader..")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        "java..",
                        "org.jspecify..",
                        "com.fasterxml.jackson..",
                        "org.ryzanstein.api..",
                        "org.ryzanstein.loader.."))
                .check(code);
    }

    @Test
    void vectorsAreUsedInTheAvxModulesOnly() {
        noClasses()
                .that(not(resideInAnyPackage(AVX)))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jdk.incubator.vector..")
                .check(code);
    }

    @Test
    void nativeCodeIsLinkedInBindingsClassesOnly() {
        noClasses()
                .that()
                .haveNameNotMatching(".*Bindings(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Linker.class, SymbolLookup.class)
                .check(code);
    }

    @Test
    void javalinIsUsedInTheServerOnly() {
        noClasses()
                .that(not(resideInAPackage("org.ryzanstein.server..")))
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.javalin..", "org.eclipse.jetty..", "jakarta..")
                .check(code);
    }

    @Test
    void jsonIsReadInTheServerAndTheFormatsOnly() {
        noClasses()
                .that(not(resideInAnyPackage("org.ryzanstein.server..", "org.ryzanstein.loader.format..")))
                .and()
                .haveNameNotMatching(TOKENIZER_JSON)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("com.fasterxml.jackson..")
                .check(code);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("org.ryzanstein.(**)").should().beFreeOfCycles().check(code);
    }

    @Test
    void standardStreamsBelongToTheCommandLine() {
        noClasses()
                .that(not(resideInAPackage("org.ryzanstein.server.cli..")))
                .should(ACCESS_STANDARD_STREAMS)
                .check(code);
    }

    @Test
    void onlyTheCommandLineEndsTheProcess() {
        noClasses()
                .that(not(resideInAPackage("org.ryzanstein.server.cli..")))
                .should()
                .callMethod(System.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "halt", int.class)
                .check(code);
    }

    @Test
    void failuresHaveTypesOfTheirOwn() {
        NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS.check(code);
    }

    @Test
    void javaUtilLoggingIsNotUsed() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.util.logging..")
                .check(code);
    }
}
