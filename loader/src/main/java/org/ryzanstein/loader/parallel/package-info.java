/** Threads that compute. */
@NullMarked
package org.ryzanstein.loader.parallel;

import org.jspecify.annotations.NullMarked;
