package org.ryzanstein.contract;

/** Where the parts of the kit get their backend from. */
interface BackendUnderTest {
    /** The open backend with a team of this size; the same for every test. */
    Bench bench(int threads);

    /** Spreads the cases of a group over the team sizes. */
    default Bench benchFor(int caseNumber) {
        return bench(Sizes.pick(Sizes.TEAMS, caseNumber));
    }
}
