package org.ryzanstein.loader.ranks;

import org.ryzanstein.api.kernel.HeadOutput;

/** What a rank's step has given. */
interface StepResults {
    /** Whether the last step met a value that was not finite in the row of this token. */
    boolean faulted(int token);

    /** What was wanted of this rank's part of the vocabulary. */
    HeadOutput output();
}
