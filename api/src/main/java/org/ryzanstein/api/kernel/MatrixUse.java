package org.ryzanstein.api.kernel;

/** What a matrix is read for; a backend may keep one layout for each use. */
public enum MatrixUse {
    /** The matrix of {@link StepRecorder#multiply} or {@link StepRecorder#linear}. */
    LINEAR,
    /** The table of {@link StepRecorder#embed}. */
    EMBEDDING,
    /** The matrix of {@link StepRecorder#head}. */
    HEAD
}
