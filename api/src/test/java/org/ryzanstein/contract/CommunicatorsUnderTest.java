package org.ryzanstein.contract;

import java.util.List;

/** Where the parts of the kit get their ranks from. */
interface CommunicatorsUnderTest {
    /** World sizes that every group of tests goes through. */
    List<Integer> WORLDS = List.of(1, 2, 3, 4, 5);

    /** Ranks for tests in which nothing fails; the same for every test. */
    Ranks ranks(int worldSize);

    /** Ranks for a test that breaks them. */
    Ranks fresh(int worldSize);

    /** Lets a rank die, as if its process had been killed. */
    void killRank(Ranks ranks, int rank);

    /** Whether messages say which call they belong to, so that a call that does not match is recognised as such. */
    boolean framed();
}
