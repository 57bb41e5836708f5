/** Model files of real shapes with random weights, for measurements and tests. */
@NullMarked
package org.ryzanstein.loader.synthesize;

import org.jspecify.annotations.NullMarked;
