/** Files and templates that were damaged or made to do harm: mutants of good ones, by the thousand. */
@NullMarked
package org.ryzanstein.loader.hostile;

import org.jspecify.annotations.NullMarked;
