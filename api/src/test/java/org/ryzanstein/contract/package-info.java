/** The contract kit: the tests that every kernel backend must pass, and the naive oracle that they compare with. */
@NullMarked
package org.ryzanstein.contract;

import org.jspecify.annotations.NullMarked;
