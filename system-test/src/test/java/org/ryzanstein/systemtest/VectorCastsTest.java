package org.ryzanstein.systemtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both vector backends keep the rules by which their vectors don't become objects: {@link VectorCasts}. */
class VectorCastsTest {
    /** Each backend has some six hundred calls: fewer mean that they were not seen. */
    private static final int CALLS = 400;

    private static final ClassDesc FLOAT_VECTOR = ClassDesc.of("jdk.incubator.vector.FloatVector");
    private static final ClassDesc LANES = ClassDesc.of("kernels.Lanes");

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512"})
    void vectorsAreCastToTheClassOfTheirSpecies(String backend) throws IOException {
        VectorCasts.Findings all = new VectorCasts.Findings(0, List.of());
        for (ClassModel type : classes(backend)) {
            all = all.plus(VectorCasts.of(type));
        }
        assertThat(all.violations())
                .as("docs/decisions/0016-no-vector-crosses-a-method.md says why")
                .isEmpty();
        assertThat(all.calls()).as("calls of methods of vectors").isGreaterThan(CALLS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"avx2", "avx512"})
    void findsAnyCastThatIsTakenAway(String backend) throws IOException {
        for (ClassModel type : classes(backend)) {
            for (MethodModel method : type.methods()) {
                int casts = casts(method);
                for (int i = 0; i < casts; i++) {
                    assertThat(VectorCasts.of(withoutCast(type, method, i)).violations())
                            .as("%s, cast %d", type.thisClass().asInternalName(), i)
                            .isNotEmpty()
                            .allMatch(violation ->
                                    violation.contains("." + method.methodName().stringValue() + ", line "));
                }
            }
        }
    }

    @Test
    void findsTheVectorThatALoopSetsBeforeItIsCast() {
        ClassModel type = kernel(code -> {
            Label head = code.newLabel();
            load(code);
            cast(code);
            code.astore(0).labelBinding(head);
            code.aload(0).invokevirtual(FLOAT_VECTOR, "neg", MethodTypeDesc.of(FLOAT_VECTOR));
            code.astore(0).iconst_0().ifeq(head).return_();
        });
        assertThat(VectorCasts.of(type).violations()).singleElement().asString().contains("FloatVector.neg");
    }

    @Test
    void findsWhatArithmeticReturnsAndIsNotCast() {
        ClassModel type = kernel(code -> {
            load(code);
            cast(code);
            code.invokevirtual(FLOAT_VECTOR, "neg", MethodTypeDesc.of(FLOAT_VECTOR));
            code.invokevirtual(FLOAT_VECTOR, "abs", MethodTypeDesc.of(FLOAT_VECTOR))
                    .pop()
                    .return_();
        });
        assertThat(VectorCasts.of(type).violations()).singleElement().asString().contains("FloatVector.abs");
    }

    @Test
    void followsACastVectorThroughALocalVariable() {
        ClassModel type = kernel(code -> {
            load(code);
            cast(code);
            code.astore(0).aload(0).invokevirtual(FLOAT_VECTOR, "neg", MethodTypeDesc.of(FLOAT_VECTOR));
            code.pop().return_();
        });
        assertThat(VectorCasts.of(type)).isEqualTo(new VectorCasts.Findings(1, List.of()));
    }

    @Test
    void findsVectorsInSignaturesAndFields() {
        ClassModel type = build(kernel -> kernel.withField("held", FLOAT_VECTOR, ClassFile.ACC_STATIC)
                .withField("CONSTANT", FLOAT_VECTOR, ClassFile.ACC_STATIC | ClassFile.ACC_FINAL)
                .withMethodBody(
                        "taken",
                        MethodTypeDesc.of(ConstantDescs.CD_void, FLOAT_VECTOR),
                        ClassFile.ACC_STATIC,
                        CodeBuilder::return_)
                .withMethodBody(
                        "returned",
                        MethodTypeDesc.of(FLOAT_VECTOR),
                        ClassFile.ACC_STATIC,
                        code -> code.aconst_null().areturn()));
        assertThat(VectorCasts.of(type).violations())
                .containsExactly(
                        "kernels.Kernel.held is not a constant",
                        "kernels.Kernel.taken takes or returns a vector",
                        "kernels.Kernel.returned takes or returns a vector");
    }

    private static List<ClassModel> classes(String backend) throws IOException {
        Path file = Distribution.ownJars().stream()
                .filter(jar -> jar.getFileName().toString().startsWith("ryzanstein-backend-" + backend + "-"))
                .findFirst()
                .orElseThrow();
        List<ClassModel> classes = new ArrayList<>();
        try (JarFile jar = new JarFile(file.toFile())) {
            for (JarEntry entry : jar.stream().toList()) {
                if (entry.getName().endsWith(".class")) {
                    try (InputStream in = jar.getInputStream(entry)) {
                        classes.add(ClassFile.of().parse(in.readAllBytes()));
                    }
                }
            }
        }
        return classes;
    }

    private static int casts(MethodModel method) {
        return (int) method.code().stream()
                .flatMap(code -> code.elementList().stream())
                .filter(element -> element instanceof InvokeInstruction call && VectorCasts.isCast(call))
                .count();
    }

    private static ClassModel withoutCast(ClassModel type, MethodModel changed, int number) {
        AtomicInteger seen = new AtomicInteger();
        CodeTransform drop = (code, element) -> {
            if (element instanceof InvokeInstruction call
                    && VectorCasts.isCast(call)
                    && seen.getAndIncrement() == number) {
                code.swap().pop();
            } else {
                code.with(element);
            }
        };
        ClassTransform transform = ClassTransform.transformingMethodBodies(
                method -> method.methodName().equals(changed.methodName())
                        && method.methodType().equals(changed.methodType()),
                drop);
        return ClassFile.of().parse(ClassFile.of().transformClass(type, transform));
    }

    private static ClassModel kernel(Consumer<CodeBuilder> code) {
        return build(kernel ->
                kernel.withMethodBody("run", MethodTypeDesc.of(ConstantDescs.CD_void), ClassFile.ACC_STATIC, code));
    }

    private static ClassModel build(Consumer<ClassBuilder> content) {
        return ClassFile.of().parse(ClassFile.of().build(ClassDesc.of("kernels.Kernel"), content));
    }

    /** Puts the class of a species and a vector that was loaded on the stack. */
    private static void load(CodeBuilder code) {
        code.getstatic(LANES, "FLOAT", ConstantDescs.CD_Class)
                .aconst_null()
                .invokestatic(FLOAT_VECTOR, "zero", MethodTypeDesc.of(FLOAT_VECTOR, ConstantDescs.CD_Object));
    }

    private static void cast(CodeBuilder code) {
        code.invokevirtual(
                        ConstantDescs.CD_Class,
                        "cast",
                        MethodTypeDesc.of(ConstantDescs.CD_Object, ConstantDescs.CD_Object))
                .checkcast(FLOAT_VECTOR);
    }
}
