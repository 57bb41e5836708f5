package org.ryzanstein.api.provider;

/** The provider that was asked for by name can't be used, or none can. */
public final class ProviderUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ProviderReport report;

    public ProviderUnavailableException(String message, ProviderReport report) {
        super(message + System.lineSeparator() + report.describe());
        this.report = report;
    }

    public ProviderReport report() {
        return report;
    }
}
