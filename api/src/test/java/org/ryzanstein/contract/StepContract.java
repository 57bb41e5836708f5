package org.ryzanstein.contract;

/** Steps as a whole: order, reuse, batches of several sequences, refusals. */
interface StepContract extends BackendUnderTest {}
