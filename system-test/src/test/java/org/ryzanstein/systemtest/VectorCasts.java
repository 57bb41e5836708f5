package org.ryzanstein.systemtest;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.FieldModel;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.ArrayLoadInstruction;
import java.lang.classfile.instruction.ArrayStoreInstruction;
import java.lang.classfile.instruction.BranchInstruction;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.ConvertInstruction;
import java.lang.classfile.instruction.DiscontinuedInstruction;
import java.lang.classfile.instruction.ExceptionCatch;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LabelTarget;
import java.lang.classfile.instruction.LineNumber;
import java.lang.classfile.instruction.LoadInstruction;
import java.lang.classfile.instruction.LookupSwitchInstruction;
import java.lang.classfile.instruction.MonitorInstruction;
import java.lang.classfile.instruction.NewMultiArrayInstruction;
import java.lang.classfile.instruction.NewObjectInstruction;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.classfile.instruction.StackInstruction;
import java.lang.classfile.instruction.StoreInstruction;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.classfile.instruction.TableSwitchInstruction;
import java.lang.classfile.instruction.ThrowInstruction;
import java.lang.classfile.instruction.TypeCheckInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.ryzanstein.systemtest.VectorFrame.Kind;
import org.ryzanstein.systemtest.VectorFrame.Known;

/**
 * Finds where a method breaks the rules of docs/decisions/0016-no-vector-crosses-a-method.md:
 *
 * <ul>
 *   <li>No method takes or returns a vector, mask or shuffle.
 *   <li>A method of one is called only on what {@code Lanes.X.cast} returned, at once or by way of a local variable, or on a constant.
 *       Where two ways bring different vectors together, as at the head of a loop that sets a variable, it must be cast anew.
 *       Arguments need no cast.
 * </ul>
 *
 * <p>It follows a method's code along all ways, as the JVM's verifier does, until nothing changes any more.
 */
final class VectorCasts {
    private final String method;
    private final List<CodeElement> elements;
    private final List<ExceptionCatch> handlers;
    private final Map<Label, Integer> labels = new HashMap<>();
    /** What is known before each element that has been reached. */
    private final @Nullable VectorFrame[] frames;

    private final Deque<Integer> open = new ArrayDeque<>();
    /** By where it stands, each call of a vector's method, and whether the vector is known. */
    private final Map<Integer, Boolean> calls = new TreeMap<>();

    private VectorCasts(String method, CodeAttribute code) {
        this.method = method;
        this.elements = code.elementList();
        this.handlers = code.exceptionHandlers();
        this.frames = new VectorFrame[elements.size()];
        for (int i = 0; i < elements.size(); i++) {
            if (elements.get(i) instanceof LabelTarget target) {
                labels.put(target.label(), i);
            }
        }
    }

    /** The calls of vectors' methods in a class, and where it breaks the rules. */
    record Findings(int calls, List<String> violations) {
        Findings plus(Findings other) {
            return new Findings(
                    calls + other.calls,
                    Stream.concat(violations.stream(), other.violations.stream())
                            .toList());
        }
    }

    static Findings of(ClassModel type) {
        Findings findings = new Findings(0, violationsOfFields(type));
        for (MethodModel method : type.methods()) {
            findings = findings.plus(of(type, method));
        }
        return findings;
    }

    private static List<String> violationsOfFields(ClassModel type) {
        List<String> violations = new ArrayList<>();
        for (FieldModel field : type.fields()) {
            boolean constant =
                    field.flags().has(AccessFlag.STATIC) && field.flags().has(AccessFlag.FINAL);
            boolean known = isVector(field.fieldTypeSymbol())
                    || isClassOfSpecies(type.thisClass().asSymbol(), field.fieldTypeSymbol());
            if (known && !constant) {
                violations.add("%s.%s is not a constant".formatted(name(type), field.fieldName()));
            }
        }
        return violations;
    }

    private static Findings of(ClassModel type, MethodModel method) {
        String name = "%s.%s".formatted(name(type), method.methodName());
        List<String> violations = new ArrayList<>();
        MethodTypeDesc signature = method.methodTypeSymbol();
        if (Stream.concat(Stream.of(signature.returnType()), signature.parameterList().stream())
                .anyMatch(VectorCasts::isVector)) {
            violations.add(name + " takes or returns a vector");
        }
        Findings findings = new Findings(0, violations);
        return method.findAttribute(Attributes.code())
                .map(code -> findings.plus(of(name, code)))
                .orElse(findings);
    }

    private static Findings of(String method, CodeAttribute code) {
        VectorCasts casts = new VectorCasts(method, code);
        casts.follow(new VectorFrame(code.maxLocals(), code.maxStack()));
        return new Findings(casts.calls.size(), casts.violations());
    }

    private List<String> violations() {
        List<String> violations = new ArrayList<>();
        int line = 0;
        for (int i = 0; i < elements.size(); i++) {
            if (elements.get(i) instanceof LineNumber number) {
                line = number.line();
            } else if (elements.get(i) instanceof InvokeInstruction call && Boolean.FALSE.equals(calls.get(i))) {
                violations.add("%s, line %d: %s.%s of a vector that is not cast to the class of its species"
                        .formatted(method, line, call.owner().asSymbol().displayName(), call.name()));
            }
        }
        return violations;
    }

    private void follow(VectorFrame first) {
        reach(0, first);
        while (!open.isEmpty()) {
            int at = open.pop();
            VectorFrame frame = frameBefore(at).copy();
            for (ExceptionCatch handler : handlers) {
                if (place(handler.tryStart()) <= at && at < place(handler.tryEnd())) {
                    reach(place(handler.handler()), frame.ofHandler());
                }
            }
            CodeElement element = elements.get(at);
            pass(element, at, frame);
            for (Label target : targets(element)) {
                reach(place(target), frame);
            }
            if (goesOn(element)) {
                reach(at + 1, frame);
            }
        }
    }

    private VectorFrame frameBefore(int at) {
        VectorFrame frame = frames[at];
        if (frame == null) {
            throw new IllegalStateException(method + " was not followed to element " + at);
        }
        return frame;
    }

    private int place(Label label) {
        Integer at = labels.get(label);
        if (at == null) {
            throw new IllegalStateException(method + " has no label " + label);
        }
        return at;
    }

    private void reach(int at, VectorFrame frame) {
        if (at == elements.size()) {
            return;
        }
        VectorFrame old = frames[at];
        VectorFrame merged = old == null ? frame.copy() : old.merge(frame);
        if (old == null || !merged.knowsAsMuchAs(old)) {
            frames[at] = merged;
            open.push(at);
        }
    }

    private static List<Label> targets(CodeElement element) {
        return switch (element) {
            case BranchInstruction branch -> List.of(branch.target());
            case TableSwitchInstruction table -> targets(table.defaultTarget(), table.cases());
            case LookupSwitchInstruction lookup -> targets(lookup.defaultTarget(), lookup.cases());
            default -> List.of();
        };
    }

    private static List<Label> targets(Label other, List<SwitchCase> cases) {
        return Stream.concat(Stream.of(other), cases.stream().map(SwitchCase::target))
                .toList();
    }

    /** Whether what stands behind an instruction may come next. */
    private static boolean goesOn(CodeElement element) {
        return switch (element) {
            case BranchInstruction branch -> branch.opcode() != Opcode.GOTO && branch.opcode() != Opcode.GOTO_W;
            case TableSwitchInstruction table -> false;
            case LookupSwitchInstruction lookup -> false;
            case ReturnInstruction end -> false;
            case ThrowInstruction end -> false;
            default -> true;
        };
    }

    /** Changes a frame as an instruction does. */
    private void pass(CodeElement element, int at, VectorFrame frame) {
        switch (element) {
            case InvokeInstruction call -> invoke(call, at, frame);
            case FieldInstruction field -> access(field, at, frame);
            case LoadInstruction load -> {
                Known known = frame.local(load.slot());
                frame.push(known);
                frame.pushUnknown(load.typeKind().slotSize() - 1);
            }
            case StoreInstruction store -> {
                frame.pop(store.typeKind().slotSize() - 1);
                frame.setLocal(store.slot(), frame.pop());
            }
            case StackInstruction stack -> shuffle(stack.opcode(), frame);
            case TypeCheckInstruction check -> {
                if (check.opcode() == Opcode.INSTANCEOF) {
                    replace(frame, 1, 1);
                }
            }
            case ConstantInstruction constant ->
                frame.pushUnknown(constant.typeKind().slotSize());
            case OperatorInstruction operator -> operate(operator, frame);
            case ConvertInstruction convert ->
                replace(frame, convert.fromType().slotSize(), convert.toType().slotSize());
            case ArrayLoadInstruction load -> replace(frame, 2, load.typeKind().slotSize());
            case ArrayStoreInstruction store -> frame.pop(2 + store.typeKind().slotSize());
            case NewObjectInstruction created -> frame.push(null);
            case NewMultiArrayInstruction created -> replace(frame, created.dimensions(), 1);
            case InvokeDynamicInstruction call -> {
                frame.pop(slots(call.typeSymbol()));
                frame.pushUnknown(slots(call.typeSymbol().returnType()));
            }
            case BranchInstruction branch -> frame.pop(operands(branch.opcode()));
            case TableSwitchInstruction table -> frame.pop();
            case LookupSwitchInstruction lookup -> frame.pop();
            case MonitorInstruction monitor -> frame.pop();
            case DiscontinuedInstruction old -> throw new IllegalStateException(method + " holds " + old.opcode());
            // The rest leaves all as it is, or ends the method, or puts one unknown value in place of one.
            default -> {}
        }
    }

    private void invoke(InvokeInstruction call, int at, VectorFrame frame) {
        MethodTypeDesc signature = call.typeSymbol();
        frame.pop(slots(signature));
        Known receiver = call.opcode() == Opcode.INVOKESTATIC ? null : frame.pop();
        if (isMethodOfVector(call)) {
            calls.put(at, receiver != null && receiver.kind() == Kind.VECTOR);
        } else if (isCast(call) && receiver != null && receiver.kind() == Kind.CLASS) {
            frame.push(new Known(Kind.VECTOR, at));
            return;
        }
        frame.pushUnknown(slots(signature.returnType()));
    }

    private static void access(FieldInstruction field, int at, VectorFrame frame) {
        int slots = slots(field.typeSymbol());
        switch (field.opcode()) {
            case GETSTATIC -> {
                if (isVector(field.typeSymbol())) {
                    frame.push(new Known(Kind.VECTOR, at));
                } else if (isClassOfSpecies(field.owner().asSymbol(), field.typeSymbol())) {
                    frame.push(new Known(Kind.CLASS, at));
                } else {
                    frame.pushUnknown(slots);
                }
            }
            case GETFIELD -> replace(frame, 1, slots);
            case PUTSTATIC -> frame.pop(slots);
            default -> frame.pop(1 + slots);
        }
    }

    private static void shuffle(Opcode opcode, VectorFrame frame) {
        switch (opcode) {
            case POP -> frame.pop();
            case POP2 -> frame.pop(2);
            case DUP -> frame.duplicate(1, 0);
            case DUP_X1 -> frame.duplicate(1, 1);
            case DUP_X2 -> frame.duplicate(1, 2);
            case DUP2 -> frame.duplicate(2, 0);
            case DUP2_X1 -> frame.duplicate(2, 1);
            case DUP2_X2 -> frame.duplicate(2, 2);
            default -> {
                frame.duplicate(1, 1);
                frame.pop();
            }
        }
    }

    private static void operate(OperatorInstruction operator, VectorFrame frame) {
        String name = operator.opcode().name();
        int slots = operator.typeKind().slotSize();
        if (name.endsWith("SHL") || name.endsWith("SHR")) {
            frame.pop();
        } else if (name.contains("CMP")) {
            replace(frame, 2 * slots, TypeKind.INT.slotSize());
        } else if (!name.endsWith("NEG") && operator.opcode() != Opcode.ARRAYLENGTH) {
            frame.pop(slots);
        }
    }

    private static int operands(Opcode branch) {
        return switch (branch) {
            case GOTO, GOTO_W -> 0;
            case IFEQ, IFNE, IFLT, IFGE, IFGT, IFLE, IFNULL, IFNONNULL -> 1;
            default -> 2;
        };
    }

    private static void replace(VectorFrame frame, int popped, int pushed) {
        frame.pop(popped);
        frame.pushUnknown(pushed);
    }

    private static int slots(MethodTypeDesc signature) {
        return signature.parameterList().stream().mapToInt(VectorCasts::slots).sum();
    }

    private static int slots(ClassDesc type) {
        return TypeKind.from(type).slotSize();
    }

    private static boolean isMethodOfVector(InvokeInstruction call) {
        return call.opcode() != Opcode.INVOKESTATIC && isVector(call.owner().asSymbol());
    }

    /** Whether values of a type are objects that the compiler should keep in registers. */
    private static boolean isVector(ClassDesc type) {
        String name = type.displayName();
        return type.isClassOrInterface()
                && type.packageName().equals("jdk.incubator.vector")
                && (name.endsWith("Vector") || name.equals("VectorMask") || name.equals("VectorShuffle"));
    }

    private static boolean isClassOfSpecies(ClassDesc owner, ClassDesc type) {
        return owner.displayName().equals("Lanes") && type.descriptorString().equals("Ljava/lang/Class;");
    }

    /** Whether a method is {@link Class#cast}. */
    static boolean isCast(InvokeInstruction call) {
        return call.owner().asInternalName().equals("java/lang/Class")
                && call.name().equalsString("cast");
    }

    private static String name(ClassModel type) {
        return type.thisClass().asInternalName().replace('/', '.');
    }
}
