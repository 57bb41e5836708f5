package org.ryzanstein.loader.model;

import java.util.List;

class DecodeAmongOtherVectorsReversedTest extends DecodeAmongOtherVectorsTest {
    @Override
    List<String> backends() {
        return super.backends().reversed();
    }
}
