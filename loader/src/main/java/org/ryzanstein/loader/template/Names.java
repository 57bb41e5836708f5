package org.ryzanstein.loader.template;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The names that a template uses and defines, gathered while it is parsed, so that a call of something unknown is
 * refused before anything is rendered.
 */
final class Names {
    private record Use(int line, String name) {}

    private final List<Use> calledFunctions = new ArrayList<>();
    private final List<Use> calledMethods = new ArrayList<>();
    private final Set<String> variables = new HashSet<>();
    private final Set<String> members = new HashSet<>();
    private final Set<String> askedFor = new HashSet<>();
    private Set<String> read = new HashSet<>();

    void calledFunction(int line, String name) {
        calledFunctions.add(new Use(line, name));
    }

    void calledMethod(int line, String name) {
        calledMethods.add(new Use(line, name));
    }

    /** A name that is assigned, imported as a parameter or bound by a loop. */
    void variable(String name) {
        variables.add(name);
    }

    /** A name of an attribute of a namespace or a key of a dict, which could hold a macro. */
    void member(String name) {
        members.add(name);
    }

    /** A name that the template checks with {@code is defined} before it relies on it. */
    void askedFor(String name) {
        askedFor.add(name);
    }

    void read(String name) {
        read.add(name);
    }

    /** Begins to gather the names that a macro's body reads; returns what {@link #endBody} needs. */
    Set<String> beginBody() {
        Set<String> outer = read;
        read = new HashSet<>();
        return outer;
    }

    /** The names read since {@link #beginBody}. */
    Set<String> endBody(Set<String> outer) {
        Set<String> inner = read;
        outer.addAll(inner);
        read = outer;
        return inner;
    }

    static void requireFilter(int line, String name) {
        if (!Filters.known(name)) {
            throw Failure.refused(line, "unknown filter '" + name + "'");
        }
    }

    static void requireTest(int line, String name) {
        if (!Tests.known(name)) {
            throw Failure.refused(line, "unknown test '" + name + "'");
        }
    }

    /** Refuses calls of what neither the engine nor the template defines. */
    void check() {
        for (Use use : calledFunctions) {
            String name = use.name();
            if (!Functions.known(name) && !variables.contains(name) && !askedFor.contains(name)) {
                throw Failure.refused(use.line(), "unknown function '" + name + "'");
            }
        }
        for (Use use : calledMethods) {
            String name = use.name();
            if (!Methods.known(name) && !members.contains(name) && !askedFor.contains(name)) {
                throw Failure.refused(use.line(), "unknown method '" + name + "'");
            }
        }
    }
}
