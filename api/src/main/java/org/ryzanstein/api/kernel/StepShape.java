package org.ryzanstein.api.kernel;

/** The most that a prepared step can be given: a shape bucket. */
public record StepShape(int maxTokens, int maxOutputs) {
    public StepShape {
        if (maxTokens < 1 || maxOutputs < 0 || maxOutputs > maxTokens) {
            throw new IllegalArgumentException("step of " + maxTokens + " tokens and " + maxOutputs + " outputs");
        }
    }
}
