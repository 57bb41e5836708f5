package org.ryzanstein.server.cli;

import java.lang.reflect.Constructor;
import picocli.CommandLine;
import picocli.CommandLine.IFactory;

/** Makes commands, handing the environment to those that ask for it. */
final class CommandFactory implements IFactory {
    private final CliEnvironment environment;
    private final IFactory others = CommandLine.defaultFactory();

    CommandFactory(CliEnvironment environment) {
        this.environment = environment;
    }

    @Override
    public <K> K create(Class<K> type) throws Exception {
        for (Constructor<?> constructor : type.getDeclaredConstructors()) {
            if (constructor.getParameterCount() == 1 && constructor.getParameterTypes()[0] == CliEnvironment.class) {
                return type.cast(constructor.newInstance(environment));
            }
        }
        return others.create(type);
    }
}
